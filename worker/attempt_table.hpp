// worker: the attempts that a session knows of, in one flat table: a place for each, found by a
// hash, no allocation for any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "common/base/chain_index.hpp"
#include "common/model/ids.hpp"
#include "worker/arrival.hpp"

namespace steward::worker {

// A lease: Waiting -> Running -> Unsent -> Ended. Stopping: its own clock has stopped it, its
// failure will be told. Void: the broker has stopped it, only its end is told. Ended ones are
// remembered for a while, so that a repeated Assign does not run a job again.
enum class Phase : std::uint8_t { Waiting, Running, Stopping, Void, Unsent, Ended };

/// Cost: O(1) expected.  Thread: one at a time.
class AttemptTable {
public:
    /// A place in the table, valid until its entry is erased.
    using Spot = std::uint32_t;
    static constexpr Spot kNowhere = UINT32_MAX;

    struct Entry {
        model::Attempt attempt;
        ArrivalPtr arrival;            // the job; null once it has ended and no thread works on it
        std::uint32_t work = kNoWork;  // where among the busy threads
        Spot next = kNowhere;          // the table's
        Phase phase = Phase::Waiting;
        bool is_remembered = false;  // ended lately
        bool is_used = false;

        [[nodiscard]] bool is_busy() const { return work != kNoWork; }
    };

    static constexpr std::uint32_t kNoWork = UINT32_MAX;

    /// kNowhere when there is none.
    [[nodiscard]] Spot find(const model::Attempt& attempt) const {
        return by_attempt_.find(hash(attempt), InEntries(entries_), [&](Spot spot) {
            return entries_[spot].attempt == attempt;
        });
    }

    /// Pre: `attempt` is not in the table. References to entries end.
    Spot insert(const model::Attempt& attempt, ArrivalPtr arrival) {
        if (free_.empty()) {
            free_.push_back(static_cast<Spot>(entries_.size()));
            entries_.emplace_back();
        }
        const Spot spot = free_.back();
        free_.pop_back();
        Entry& entry = entries_[spot];
        entry.attempt = attempt;
        entry.arrival = std::move(arrival);
        entry.work = kNoWork;
        entry.phase = Phase::Waiting;
        entry.is_remembered = false;
        entry.is_used = true;
        by_attempt_.insert(hash(attempt), spot, InEntries(entries_));
        return spot;
    }

    /// Pre: as for erase(): the spot names an entry.
    [[nodiscard]] Entry& operator[](Spot spot) { return entries_[spot]; }

    [[nodiscard]] const Entry& operator[](Spot spot) const { return entries_[spot]; }

    void erase(Spot spot) {
        Entry& entry = entries_[spot];
        by_attempt_.erase(hash(entry.attempt), spot, InEntries(entries_));
        entry.is_used = false;
        free_.push_back(spot);
    }

    /// Calls `see(entry)` for all, in no order.
    template <class See>
    void for_each(See&& see) const {
        for (const Entry& entry : entries_) {
            if (entry.is_used) {
                see(entry);
            }
        }
    }

private:
    // The broker counts jobs up, and most are in their first attempt.
    [[nodiscard]] static std::size_t hash(const model::Attempt& attempt) {
        constexpr std::size_t kOdd = 0x9E3779B97F4A7C15ULL;
        return attempt.job.number + (attempt.job.epoch + attempt.number) * kOdd;
    }

    template <class Entries>
    struct InEntries {
        explicit InEntries(Entries& its) : entries(its) {}

        [[nodiscard]] auto& next_of(Spot spot) const { return entries[spot].next; }

        [[nodiscard]] std::size_t hash_of(Spot spot) const { return hash(entries[spot].attempt); }

        Entries& entries;
    };

    std::vector<Entry> entries_;
    std::vector<Spot> free_;
    base::ChainIndex by_attempt_;
};

}  // namespace steward::worker
