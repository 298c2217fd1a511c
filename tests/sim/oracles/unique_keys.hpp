// tests/sim: oracle of unique keys: never two jobs with one key within its scope, and no key is
// kept by a job that has ended.
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

private:
    using Key = std::tuple<BrokerRun, std::string, std::string, std::string>;

    std::map<Key, std::set<model::JobId>> holders_;  // that must have the key
};

}  // namespace steward::sim
