// common/wire: the answer to "check": how a worker or a broker is, in words and in figures that a
// monitoring system can hold to its own bounds.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/blob.hpp"
#include "common/base/expected.hpp"

namespace steward::wire {

/// Units are those of the monitoring plugins' performance data: empty for a plain number, "s", "%",
/// "B", and "c" for what only grows.
struct Counter {
    std::string name;  // letters, digits and '_'
    double value = 0;
    std::string unit = {};
    std::optional<double> minimum = 0;
    std::optional<double> maximum = {};

    bool operator==(const Counter&) const = default;
};

struct Check {
    std::string text;         // one line
    bool privileged = false;  // the secret was given, and all is told
    std::vector<Counter> counters;

    bool operator==(const Check&) const = default;
};

/// Counters of one Check at most; what is beyond is not told.
inline constexpr std::size_t kCheckCountersMax = 256;

[[nodiscard]] std::string to_json(const Check& check);
/// Errors: Malformed.
[[nodiscard]] base::Expected<Check> parse_check(std::string_view text);

/// The arguments of the operations check and stop.
struct CheckArguments {
    std::optional<std::string> secret;
    std::optional<std::string> worker;  // it is this one that is asked, by way of its broker

    bool operator==(const CheckArguments&) const = default;
};

[[nodiscard]] base::Blob to_blob(const CheckArguments& arguments);
/// Errors: BadParams for what is no object with at most these members, strings.
[[nodiscard]] base::Expected<CheckArguments> read_check_arguments(const base::Blob& arguments);

}  // namespace steward::wire
