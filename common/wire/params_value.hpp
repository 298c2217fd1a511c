// common/wire: between events (params_sink.hpp) and one dynamic value. No encoding is known here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/wire/params_sink.hpp"

namespace steward::wire {

/// Builds the value that the events describe. The last of several equal keys wins.
/// Pre: the events nest properly, which every reader sees to.
class ValueBuilder final : public ValueSink {
public:
    bool null() override;
    bool boolean(bool value) override;
    bool integer(std::int64_t value) override;
    bool natural(std::uint64_t value) override;
    bool real(double value) override;
    bool text(std::string_view bytes) override;
    bool open_list(std::size_t size) override;
    bool open_map(std::size_t size) override;
    bool open_php_array(std::size_t size) override;
    bool key(std::string_view bytes) override;
    bool close() override;

    /// The value, once; the builder is void afterwards.
    [[nodiscard]] nlohmann::json take() { return std::move(root_); }

private:
    struct Open {
        nlohmann::json* container = nullptr;
        std::string key;         // of the value that comes next
        bool undecided = false;  // a PHP array that has been a list so far
    };

    nlohmann::json* place(nlohmann::json value);
    bool open(nlohmann::json container, bool undecided);

    nlohmann::json root_;
    std::vector<Open> open_;
};

/// Sends `value` to `sink`, event by event, however deep it is. False when the sink stopped.
bool walk(const nlohmann::json& value, ValueSink& sink);

}  // namespace steward::wire
