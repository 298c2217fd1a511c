// common/wire: JSON (RFC 8259) as events. The only file pair that has nlohmann's parser.
#pragma once

#include <string>
#include <string_view>

#include "common/base/expected.hpp"
#include "common/wire/params_sink.hpp"

namespace steward::wire {

/// Reads exactly one JSON text; without `next` it is only checked, mostly at a glance. Errors:
/// BadParams, also when the sink stopped.
[[nodiscard]] base::Expected<void> read_json(std::string_view text, ValueSink* next);

/// Appends compact JSON to `out`. Strings that are no UTF-8 become {"base64": "…"}.
class JsonWriter final : public ValueSink {
public:
    explicit JsonWriter(std::string& out) : out_(out) {}

    bool null() override;
    bool boolean(bool value) override;
    bool integer(std::int64_t value) override;
    bool natural(std::uint64_t value) override;
    bool real(double value) override;
    bool text(std::string_view bytes) override;
    bool open_list(std::size_t size = 0) override;
    bool open_map(std::size_t size = 0) override;
    bool key(std::string_view bytes) override;
    bool close() override;
    /// A duration, or an instant as a duration since 1970, in seconds with a fraction.
    bool seconds(base::Duration value);

private:
    void separate();

    std::string& out_;
    std::string closers_;  // one for each open container
    bool fresh_ = true;    // no comma is due
};

}  // namespace steward::wire
