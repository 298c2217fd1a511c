#include "tests/sim/oracles/attempts.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "tests/sim/failure.hpp"

namespace steward::sim {
namespace {

constexpr double kRounding = 0.000'01;  // seconds

double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

}  // namespace

std::uint32_t Attempts::failures_max(const KnownJob& job) const {
    return job.max_attempts.value_or(job.is_sync ? policy_.max_attempts_sync
                                                 : policy_.max_attempts_async);
}

std::uint32_t Attempts::losses_max(const KnownJob& job) const {
    return job.max_attempts.value_or(policy_.max_losses);
}

void Attempts::hear(const Heard& heard) {
    const std::pair key(heard.run, heard.id);
    if (heard.job != nullptr && heard.event == "RECEIVED") {
        counts_[key] = {};
    }
    const auto found = counts_.find(key);
    if (heard.job == nullptr || found == counts_.end()) {
        return;
    }
    Count& count = found->second;
    if (heard.event == "EXECUTE_ERROR") {
        ++count.failures;
        count.has_just_failed = true;
        count.may_go_on = heard.body.value("detail", "") == kFailsNow;
        return;
    }
    if (heard.event == "DELEGATE_ERROR") {
        ++count.losses;
        count.has_just_been_lost = true;
        return;
    }
    if (heard.event == "RETRY" && heard.body.value("detail", "") == "by an operator") {
        count = {};
    } else if (heard.event == "RETRY") {
        check_retry(heard, count);
    } else if (heard.event == "DEAD" || heard.event == "FAILED") {
        check_end(heard, count);
    }
    count.has_just_failed = false;
    count.has_just_been_lost = false;
}

void Attempts::check_retry(const Heard& heard, const Count& count) const {
    if (!count.has_just_failed) {
        return;
    }
    if (count.failures >= failures_max(*heard.job)) {
        broken("a job has as many attempts as were asked for: " + heard.id.text() +
               " goes on after " + std::to_string(count.failures) + " failures");
    }
    const Duration most = heard.job->backoff_max.value_or(policy_.backoff_max);
    Duration pause = heard.job->backoff.value_or(policy_.backoff_first);
    for (std::uint32_t i = 1; i < count.failures; ++i) {
        pause = std::min(pause * 2, most);
    }
    pause = std::min(pause, most);
    const double told = heard.body.value("due", 0.0) - heard.body.value("at", 0.0);
    if (told < seconds(pause) * 0.75 - kRounding || told > seconds(pause) * 1.25 + kRounding) {
        broken("between attempts is the pause that was asked for: " + heard.id.text() + " waits " +
               std::to_string(told) + " s instead of about " + std::to_string(seconds(pause)));
    }
}

void Attempts::check_end(const Heard& heard, const Count& count) const {
    const std::uint32_t all = count.failures + count.losses;
    if ((count.has_just_failed && count.may_go_on && all < failures_max(*heard.job)) ||
        (count.has_just_been_lost && all < losses_max(*heard.job))) {
        broken("a job has as many attempts as were asked for: " + heard.id.text() + " ends after " +
               std::to_string(count.failures) + " failures and " + std::to_string(count.losses) +
               " lost workers");
    }
}

}  // namespace steward::sim
