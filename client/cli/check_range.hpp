// client/cli: ranges of the monitoring plugins' guidelines: which values are an alert. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/expected.hpp"
#include "common/wire/check.hpp"

namespace steward::cli {

/// "[@]start:end": an alert for values outside of start to end, both included; with '@' inside. "~"
/// as a start is minus infinity, no end is infinity, and a single number is the end of what starts
/// at 0.
struct CheckRange {
    std::optional<double> start = 0;  // nothing: minus infinity
    std::optional<double> end;        // nothing: infinity
    bool alerts_inside = false;
    std::string text;  // as it was given

    /// Errors: BadOption naming the grammar.
    [[nodiscard]] static base::Expected<CheckRange> parse(std::string_view text);
    [[nodiscard]] bool alerts(double value) const;
};

/// What a plugin's exit status says.
enum class Verdict : int { Ok = 0, Warning = 1, Critical = 2, Unknown = 3 };

[[nodiscard]] std::string_view name_of(Verdict verdict);

/// A counter that is held to bounds.
struct Watched {
    std::string counter;
    std::optional<CheckRange> warning;
    std::optional<CheckRange> critical;
};

struct Judgement {
    Verdict verdict = Verdict::Ok;
    std::string line;  // status, text and performance data, as a plugin prints it
};

/// Unknown when there is no counter of a watched name.
[[nodiscard]] Judgement judge(const wire::Check& check, const std::vector<Watched>& watched);

/// A line without figures: nobody answered, or not as expected.
[[nodiscard]] Judgement failed(Verdict verdict, std::string_view why);

}  // namespace steward::cli
