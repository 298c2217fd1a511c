// tests/sim: oracle of a service's figures: what the broker counts of attempts, waits and ends is
// what its own news tell.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "common/model/report.hpp"
#include "tests/sim/oracles/job_book.hpp"

namespace steward::sim {

class Figures {
public:
    /// `forgets`: a service that nobody uses may make room for another, and begins anew.
    explicit Figures(bool forgets) : forgets_(forgets) {}

    void hear(const Heard& heard);

    /// Of a broker that has told everything. Aborts where its figures are others.
    void check(BrokerRun run, const model::ServiceReport& report) const;

    /// Attempts that began to run, in all runs.
    [[nodiscard]] std::uint64_t begun() const { return begun_; }

private:
    struct Attempt {
        bool is_given = false;  // and has not begun to run since
        bool is_running = false;
    };

    struct Counts {
        std::uint64_t begun = 0;
        std::uint64_t ended = 0;
        std::map<std::string, std::uint64_t> events;
    };

    std::map<std::pair<BrokerRun, model::JobId>, Attempt> attempts_;
    std::map<std::pair<BrokerRun, std::string>, Counts> counts_;
    std::uint64_t begun_ = 0;
    bool forgets_;
};

}  // namespace steward::sim
