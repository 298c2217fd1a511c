// worker/exec: what a command writes to its standard output: gathered for the result up to a bound,
// or sent on in parts.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/base/expected.hpp"
#include "worker/exec/settings.hpp"
#include "worker/value.hpp"

namespace steward::worker::exec {

/// One text, without the newline at its end; one JSON document; or the bytes. Errors: BadParams:
/// what should be JSON is not.
[[nodiscard]] base::Expected<Value> value_of(Form form, std::string_view bytes);

/// Errors of add() and finish(): TooLarge, naming --output-max; BadParams. After one of them
/// nothing more is to be added.
class Output {
public:
    using Send = std::function<void(const Value& part)>;

    /// Pre: `settings` outlives it.
    Output(const Settings& settings, Send send) : settings_(settings), send_(std::move(send)) {}

    [[nodiscard]] base::Expected<void> add(std::string_view bytes);
    /// The result; nothing when it went in parts.
    [[nodiscard]] base::Expected<Value> finish();
    /// What a failure may come with; nothing unless it is in the form asked for.
    [[nodiscard]] Value rest();

private:
    [[nodiscard]] base::Expected<void> send(std::string_view bytes);
    [[nodiscard]] base::Expected<void> send_lines();

    const Settings& settings_;
    Send send_;
    std::string gathered_;
};

}  // namespace steward::worker::exec
