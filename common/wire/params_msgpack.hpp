// common/wire: msgpack as events. The only file pair that has the msgpack library's parser.
#pragma once

#include <string_view>

#include "common/base/expected.hpp"
#include "common/wire/msgpack_writer.hpp"
#include "common/wire/params_sink.hpp"

namespace steward::wire {

/// Reads exactly one msgpack object. str and bin both become text; keys may be str, bin or
/// integers; ext types are refused. An announced size is never believed before its elements are
/// there. Errors: BadParams, also when the sink stopped.
[[nodiscard]] base::Expected<void> read_msgpack(std::string_view bytes, ValueSink* next);

/// Appends msgpack to `out`: text as str where it is UTF-8, as bin where it is not.
/// Pre: the sizes announced to it are true.
class MsgpackEvents final : public ValueSink {
public:
    explicit MsgpackEvents(MsgpackWriter& out) : out_(out) {}

    bool null() override;
    bool boolean(bool value) override;
    bool integer(std::int64_t value) override;
    bool natural(std::uint64_t value) override;
    bool real(double value) override;
    bool text(std::string_view bytes) override;
    bool open_list(std::size_t size) override;
    bool open_map(std::size_t size) override;
    bool key(std::string_view bytes) override;

    bool close() override { return true; }

private:
    MsgpackWriter& out_;
};

}  // namespace steward::wire
