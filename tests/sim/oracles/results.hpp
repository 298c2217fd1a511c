// tests/sim: oracle of results: what clients are told of an end is what the news tell, and the
// bytes are from a worker that was given this job's params.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "tests/sim/oracles/job_book.hpp"

namespace steward::sim {

class Results {
public:
    /// `is_all_told`: no broker dies with news that it has not told.
    /// `is_all_seen`: every worker's dialect names the job that it is given.
    Results(bool is_all_told, bool is_all_seen)
        : is_all_told_(is_all_told), is_all_seen_(is_all_seen) {}

    void hear(const Heard& heard);

    /// A worker was given the job with the params of this call.
    void assigned(const model::JobId& job, Uid uid) { uids_[job].insert(uid); }

    /// A client was told.
    void told(const model::JobId& job, model::JobState state, std::string_view bytes);

    void check_the_end() const;

    [[nodiscard]] std::uint64_t told_count() const { return told_; }

private:
    bool is_all_told_;
    bool is_all_seen_;
    std::map<model::JobId, std::set<std::string>> ends_;
    std::map<model::JobId, std::set<Uid>> uids_;
    std::set<std::pair<model::JobId, std::string>> told_ends_;
    std::uint64_t told_ = 0;
};

}  // namespace steward::sim
