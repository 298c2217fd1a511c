// broker/core: what stays in memory of jobs that lie in the spill store or are packed, and how one
// is found there by its id. Knows no policy.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "broker/core/handles.hpp"
#include "broker/core/packed_jobs.hpp"
#include "broker/core/spill_entries.hpp"
#include "common/base/time.hpp"

namespace steward::core {

/// A block of a lane of which some jobs are in the store, or packed. About ten bytes a
/// job, or fourteen.
struct Spill {
    enum class Place : std::uint8_t {
        Stored,    // or packed
        InMemory,  // it could not be stored, or somebody asked for it: the job has its block's
                   // handle
        Gone,      // it has left the block
    };

    SpillNumber number = 0;              // in the store
    std::unique_ptr<PackedJobs> packed;  // null: they are in the store
    SpillEntries entries;                // in the order of the lane
    std::vector<Place> places;           // of the entries
    std::size_t stored = 0;              // how many are
    std::size_t first = 0;               // entries before this one are gone
    std::size_t bytes_gone = 0;          // of what is packed: those of jobs that are
    base::MonoTime ready_at{};           // since when the first of them has waited
    bool is_of_earlier_run = false;

    /// Of one more entry.
    void add_place(bool is_stored) {
        places.push_back(is_stored ? Place::Stored : Place::InMemory);
        stored += is_stored ? 1U : 0U;
    }

    void set(std::size_t index, Place place);

private:
    void shrink_packed();
};

/// All spills by the ids in them. Jobs of one lane mostly come in the order of their ids, so few
/// ranges overlap.
///
/// Cost: O(log spills + overlapping ranges) to find; to add at the end and to remove at the
/// beginning too, elsewhere O(spills), moving a few bytes for each.
class SpillIndex {
public:
    struct Found {
        BlockHandle block;  // names nothing: no stored job has this id
        std::size_t index = 0;
    };

    void add(BlockHandle block, const Spill& spill);
    void remove(BlockHandle block, const Spill& spill);

    /// `spill_of(block)` gives the block's spill.
    template <class SpillOf>
    [[nodiscard]] Found find(const model::JobId& id, SpillOf&& spill_of) const {
        for (std::size_t at = beginning_up_to(id); at > 0 && ranges_[at - 1].reach >= id; --at) {
            const Range& range = ranges_[at - 1];
            if (range.last < id) {
                continue;
            }
            const Spill& spill = spill_of(range.block);
            const std::size_t index = spill.entries.find(id);
            if (index < spill.entries.size() && spill.places[index] == Spill::Place::Stored) {
                return {range.block, index};
            }
        }
        return {};
    }

    [[nodiscard]] std::size_t size() const { return ranges_.size(); }

private:
    struct Range {
        model::JobId first;
        model::JobId last;
        model::JobId reach;  // the highest `last` of this one and those before it
        BlockHandle block;
    };

    [[nodiscard]] std::size_t beginning_up_to(const model::JobId& id) const;
    void reckon_reach(std::size_t from);

    std::deque<Range> ranges_;  // sorted by `first`
};

}  // namespace steward::core
