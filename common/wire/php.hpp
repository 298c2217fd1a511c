// common/wire: PHP's serialize() format as events. Values only: null, bool, int, float, string,
// array. Nothing that could name a class is ever read or written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/expected.hpp"
#include "common/wire/params_sink.hpp"

namespace steward::wire {

/// Reads exactly one serialized value; strings may hold any bytes. Objects (O:), custom serializers
/// (C:), references (r: R:) and enums (E:) are refused by name. Sizes are compared with the bytes
/// that are left before they are believed. Without a `next` it only checks. Errors: BadParams, also
/// when the sink stopped.
[[nodiscard]] base::Expected<void> read_php(std::string_view bytes, ValueSink* next);

/// Appends what unserialize() reads. As in PHP, keys that look like integers are integers, and
/// integers beyond 64 bits are floats. Pre: the sizes announced to it are true.
class PhpWriter final : public ValueSink {
public:
    explicit PhpWriter(std::string& out) : out_(out) {}

    bool null() override;
    bool boolean(bool value) override;
    bool integer(std::int64_t value) override;
    bool natural(std::uint64_t value) override;
    bool real(double value) override;
    bool text(std::string_view bytes) override;
    bool open_list(std::size_t size) override;
    bool open_map(std::size_t size) override;
    bool key(std::string_view bytes) override;
    bool close() override;

private:
    struct Open {
        bool list = false;
        std::uint64_t next = 0;  // key of a list's next element
    };

    void index();  // a list's keys are written out
    void string(std::string_view bytes);
    bool open(std::size_t size, bool list);

    std::string& out_;
    std::vector<Open> open_;
};

}  // namespace steward::wire
