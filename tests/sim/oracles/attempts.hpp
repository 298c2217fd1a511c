// tests/sim: oracle of attempts: as many as were asked for, neither more nor less, with the pauses
// that were asked for; being given back or sleeping costs none.
#pragma once

#include <cstdint>
#include <map>

#include "broker/core/policy.hpp"
#include "tests/sim/oracles/job_book.hpp"

namespace steward::sim {

/// What workers say of work that may be tried again.
inline constexpr std::string_view kFailsNow = "bad luck";

/// Looks only at jobs that were made in the run that tries them.
class Attempts {
public:
    explicit Attempts(const core::Policy& policy) : policy_(policy) {}

    void hear(const Heard& heard);

private:
    struct Count {
        std::uint32_t failures = 0;
        std::uint32_t losses = 0;  // at most: a worker that comes back takes one away, unheard
        bool has_just_failed = false;
        bool has_just_been_lost = false;
        bool may_go_on = false;
    };

    void check_retry(const Heard& heard, const Count& count) const;
    void check_end(const Heard& heard, const Count& count) const;
    [[nodiscard]] std::uint32_t failures_max(const KnownJob& job) const;
    [[nodiscard]] std::uint32_t losses_max(const KnownJob& job) const;

    core::Policy policy_;
    std::map<std::pair<BrokerRun, model::JobId>, Count> counts_;
};

}  // namespace steward::sim
