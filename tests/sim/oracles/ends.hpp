// tests/sim: oracles of what follows from ends: no job before those it waits for have succeeded,
// none succeeds once it was cancelled, a batch is complete once and not before its jobs are.
#pragma once

#include <map>
#include <set>
#include <string>

#include "broker/core/record.hpp"
#include "tests/sim/oracles/job_book.hpp"

namespace steward::sim {

class Ends {
public:
    void hear(const Heard& heard);
    /// A fact is on the disk: its event may never be told.
    void stored(std::size_t broker, const core::Record& fact);

private:
    struct Batch {
        std::set<model::JobId> open;
        std::uint64_t total = 0;
        bool is_complete = false;
    };

    void check_dependencies(const Heard& heard) const;
    void check_cancel(const Heard& heard);
    void check_batch(const Heard& heard);
    void complete(const Heard& heard);

    std::set<model::JobId> succeeded_;
    std::set<std::pair<BrokerRun, model::JobId>> cancelling_;
    std::map<std::pair<BrokerRun, std::string>, Batch> batches_;
    std::set<std::tuple<std::size_t, std::string, base::WallTime>> instants_;  // by broker
};

}  // namespace steward::sim
