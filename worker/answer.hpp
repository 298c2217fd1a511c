// worker: what work() returns: a value, plain success, a failure with its reason, or "again later".
#pragma once

#include <algorithm>
#include <concepts>
#include <string>
#include <type_traits>
#include <utility>

#include "common/base/time.hpp"
#include "common/model/job.hpp"
#include "common/model/limits.hpp"
#include "worker/value.hpp"

namespace steward::worker {

/// `return 42;`, `return text;`, `return json{{"sum", 3}};` are successes with a value.
class Answer {
public:
    /// Success without a value.
    [[nodiscard]] static Answer ok() { return Answer(model::Verdict::Succeeded, {}, {}); }

    // Implicit on purpose, as values are written. NOLINTBEGIN(google-explicit-constructor)
    template <class T>

    requires(!std::same_as<std::remove_cvref_t<T>, Answer> && std::convertible_to<T, Value>)
        Answer(T&& value)
        : value_(std::forward<T>(value)) {}

    // NOLINTEND(google-explicit-constructor)

    /// What the broker is told; the value in the encoding of the job's params.
    [[nodiscard]] model::Outcome outcome(model::Encoding params) const {
        return {verdict_, text_, value_.encode(params), again_in_};
    }

private:
    Answer(model::Verdict verdict, std::string text, Value value)
        : verdict_(verdict), text_(std::move(text)), value_(std::move(value)) {}

    friend Answer fail(std::string why, Value value);
    friend Answer fail_for_good(std::string why, Value value);
    friend Answer snooze(base::Duration pause, std::string why);

    model::Verdict verdict_ = model::Verdict::Succeeded;
    std::string text_;
    Value value_;
    base::Duration again_in_{};
};

/// The attempt failed; it may be tried again, as the job's max_attempts allows. Text beyond 4096
/// bytes is cut.
[[nodiscard]] inline Answer fail(std::string why, Value value = {}) {
    return Answer(model::Verdict::Failed, std::move(why), std::move(value));
}

/// Trying again is useless: the job fails now.
[[nodiscard]] inline Answer fail_for_good(std::string why, Value value = {}) {
    return Answer(model::Verdict::FailedForGood, std::move(why), std::move(value));
}

/// Not now: the job is run again after `pause`, which is held to 0 … ten years, and no attempt is
/// counted. `why` is for people who ask what it waits for.
[[nodiscard]] inline Answer snooze(base::Duration pause, std::string why = {}) {
    Answer answer(model::Verdict::Snoozed, std::move(why), {});
    answer.again_in_ = std::clamp(pause, base::Duration::zero(), model::kDurationMax);
    return answer;
}

}  // namespace steward::worker
