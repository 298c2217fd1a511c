// tests/sim: oracle of unique keys: never two jobs with one key within its scope, and no key is
// kept by a job that has ended; and who was told that he replaced a job's params did.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>

#include "tests/sim/oracles/job_book.hpp"

namespace steward::sim {

class UniqueKeys {
public:
    void hear(const Heard& heard);

    /// A client is told that the job has its params now.
    void replaced(const model::JobId& job) { replaced_.insert(job); }

    /// The job is given away with the params of this call. `known`: as it came in, or null.
    void assigned(const model::JobId& job, Uid uid, const KnownJob* known) const;

    [[nodiscard]] std::size_t replaced_count() const { return replaced_.size(); }

private:
    using Key = std::tuple<BrokerRun, std::string, std::string, std::string, std::string>;

    std::map<Key, std::set<model::JobId>> holders_;  // that must have the key
    std::set<model::JobId> replaced_;
};

}  // namespace steward::sim
