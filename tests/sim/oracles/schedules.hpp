// tests/sim: oracle of schedules: each instant is run once, none early, and what was missed is made
// up for as the schedule says; whatever happens to broker and clock.
#pragma once

#include <map>
#include <string>

#include "broker/core/record.hpp"
#include "common/calendar/cron.hpp"

namespace steward::sim {

/// By broker: the facts of its schedules are followed as they reach the disk.
class Schedules {
public:
    void stored(std::size_t broker, const core::Record& fact);
    /// A broker that keeps no facts begins anew.
    void forget(std::size_t broker);
    /// Nothing that was due is waiting still.
    void check_the_end(std::size_t broker, base::WallTime now) const;

    [[nodiscard]] std::uint64_t runs() const { return runs_; }

    [[nodiscard]] std::uint64_t missed() const { return missed_; }

private:
    struct Entry {
        model::Schedule schedule;
        calendar::Cron cron;
        base::WallTime mark{};  // all up to it is done
    };

    using Name = std::pair<std::size_t, std::string>;

    void set(std::size_t broker, const core::ScheduleSet& fact);
    void ran(std::size_t broker, const core::JobAccepted& fact);
    void moved(std::size_t broker, const core::ScheduleMoved& fact);
    void check_late(const Entry& entry, const core::JobAccepted& fact);
    Entry& entry_of(std::size_t broker, const model::Label& name);

    std::map<Name, Entry> entries_;
    std::uint64_t runs_ = 0;
    std::uint64_t missed_ = 0;  // of runs_: later than they should have been
};

}  // namespace steward::sim
