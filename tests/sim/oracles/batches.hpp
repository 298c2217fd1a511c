// tests/sim: oracle of batches: complete once, when they are closed and their jobs have ended, not
// before; and what follows one comes after that, once.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "broker/core/record.hpp"
#include "tests/sim/oracles/job_book.hpp"

namespace steward::sim {

class Batches {
public:
    void hear(const Heard& heard);
    void stored(std::size_t broker, const core::Record& fact);
    /// A broker that keeps no facts begins anew.
    void forget(std::size_t broker);
    /// Each batch that was closed is complete.
    void check_the_end(std::size_t broker) const;

    [[nodiscard]] std::uint64_t completed() const { return completed_; }

    [[nodiscard]] std::uint64_t followed() const { return followed_; }

private:
    /// As one run of a broker tells it.
    struct Batch {
        std::set<model::JobId> open;
        std::uint64_t total = 0;
        std::uint64_t succeeded = 0;
        bool is_complete = false;
    };

    /// As the facts tell it.
    struct Kept {
        bool is_closed = false;
        bool is_ended = false;
    };

    void hear_job(const Heard& heard);
    void hear_follower(const Heard& heard);
    void complete(const Heard& heard);
    void end(std::size_t broker, const model::Label& name);

    std::map<std::pair<BrokerRun, std::string>, Batch> batches_;
    std::map<std::pair<std::size_t, std::string>, Kept> kept_;
    std::map<std::pair<BrokerRun, std::string>, model::JobId> followers_;
    std::uint64_t completed_ = 0;
    std::uint64_t followed_ = 0;
};

}  // namespace steward::sim
