// worker: what work() returns: a value, plain success, or a failure with its reason.
#pragma once

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>

#include "common/model/job.hpp"
#include "worker/value.hpp"

namespace steward::worker {

/// `return 42;`, `return text;`, `return json{{"sum", 3}};` are successes with a value.
class Answer {
public:
    /// Success without a value.
    [[nodiscard]] static Answer ok() { return Answer(model::Verdict::Succeeded, {}, {}); }

    template <class T>

    requires(!std::same_as<std::remove_cvref_t<T>, Answer> && std::convertible_to<T, Value>)
        Answer(T&& value)
        : value_(std::forward<T>(value)) {}

    /// What the broker is told; the value in the encoding of the job's params.
    [[nodiscard]] model::Outcome outcome(model::Encoding params) const {
        return {verdict_, text_, value_.encode(params)};
    }

private:
    Answer(model::Verdict verdict, std::string text, Value value)
        : verdict_(verdict), text_(std::move(text)), value_(std::move(value)) {}

    friend Answer fail(std::string why, Value value);
    friend Answer fail_for_good(std::string why, Value value);

    model::Verdict verdict_ = model::Verdict::Succeeded;
    std::string text_;
    Value value_;
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

}  // namespace steward::worker
