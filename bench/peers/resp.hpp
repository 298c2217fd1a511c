// bench: RESP, the protocol of Redis: commands out, answers of both its versions in.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/peers/side.hpp"

namespace steward::bench {

struct RespValue {
    char type = '_';        // the byte it began with
    std::string_view text;  // of a string or number
    std::vector<RespValue> items;
};

/// One whole value at the front of `in`, and its size; nothing while it is not whole.
[[nodiscard]] std::optional<std::size_t> read_resp(std::string_view in, RespValue& value);

void begin_resp(std::string& out, std::size_t words);
void put_resp_word(std::string& out, std::string_view word);
void put_resp(std::string& out, std::initializer_list<std::string_view> words);

/// Hands over whole values; an error ends the program, unless it only says that a group is there.
class RespSide : public Side {
public:
    std::size_t take(std::string_view in, std::string& out) final;

protected:
    virtual void value(const RespValue& value, std::string& out) = 0;
};

}  // namespace steward::bench
