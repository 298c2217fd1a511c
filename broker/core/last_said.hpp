// broker/core: what background jobs that have ended said in their last attempt, kept for who asks
// for their end and follows. Knows no jobs but by id.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "broker/core/parts.hpp"
#include "common/base/flat_index.hpp"
#include "common/base/linked_list.hpp"
#include "common/base/slot_map.hpp"
#include "common/base/time.hpp"
#include "common/model/ids.hpp"

namespace steward::core {

/// Of one job.
struct LastSaid {
    model::JobId job;
    base::MonoTime forget_at{};
    std::unique_ptr<Parts> parts;  // null: none
    std::uint64_t progress_done = 0;
    std::uint64_t progress_total = 0;
    std::string progress_text;
    base::Links<LastSaid> place{};
};

/// In the order of ending. What has reached its time is not found any more, and goes when all that
/// ended before it has gone. Texts are counted with the parts, in `all`, which outlives this.
///
/// Cost:  O(1).
/// Bound: parts_jobs_max and parts_bytes_max: the oldest go first, and make room for the parts of
///        jobs that run.
class LastSaidTable {
public:
    explicit LastSaidTable(PartsInAll& all) : all_(all) {}

    LastSaidTable(const LastSaidTable&) = delete;
    LastSaidTable& operator=(const LastSaidTable&) = delete;

    ~LastSaidTable() {
        while (!order_.empty()) {
            drop(order_.front());
        }
    }

    /// In the place of what the job said before. Nothing when forget_at has come already.
    void add(LastSaid&& said, base::MonoTime now, const model::Limits& limits);
    /// Null: nothing is kept of it. Good until the next call that is not const.
    [[nodiscard]] const LastSaid* find(const model::JobId& job, base::MonoTime now) const;
    /// Also when there is nothing.
    void forget(const model::JobId& job);
    void forget_old(base::MonoTime now);
    /// For `bytes` of a job that runs, as far as that helps.
    void make_room(std::size_t bytes, const model::Limits& limits);

    [[nodiscard]] std::size_t size() const { return order_.size(); }

    /// Of what is counted in `all`; a walk over all of it.
    [[nodiscard]] std::size_t bytes() const;

private:
    using Map = base::SlotMap<LastSaid>;
    using Handle = Map::HandleType;

    [[nodiscard]] Handle handle_of(const model::JobId& job) const;
    void drop(Handle handle);

    PartsInAll& all_;
    Map map_;
    base::LinkedList<LastSaid, &LastSaid::place> order_;
    base::FlatIndex<Handle> index_;
};

}  // namespace steward::core
