// tests/sim: oracle of dependencies: no job before those it waits for have succeeded, so none after
// one of them died.
#pragma once

#include <set>

#include "broker/core/record.hpp"
#include "tests/sim/oracles/job_book.hpp"

namespace steward::sim {

class Dependencies {
public:
    void hear(const Heard& heard);
    /// A fact is on the disk: its event may never be told.
    void stored(const core::Record& fact);

private:
    std::set<model::JobId> succeeded_;
    std::set<model::JobId> retried_;
};

}  // namespace steward::sim
