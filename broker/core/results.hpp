// broker/core: the ends of jobs, kept so that they can be fetched by id for a while.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "common/base/flat_index.hpp"
#include "common/base/strong_id.hpp"
#include "common/model/job.hpp"
#include "common/model/limits.hpp"
#include "common/model/report.hpp"

namespace steward::core {

/// How a job ended.
struct Ended {
    model::JobId id;
    model::ServiceName service;
    model::JobState state = model::JobState::Succeeded;
    bool sync = false;
    bool durable = false;
    std::int32_t priority = 0;
    std::uint32_t attempt = 0;
    base::Blob text;
    model::Payload result;
    base::WallTime accepted_at{};
    base::WallTime started_at{};
    base::WallTime ended_at{};
    base::MonoTime forget_at{};
    std::uint64_t seq = 0;  // of the record that must be durable before this is told
    model::Label channel;
    model::Label context;
    model::Label group;
    model::Label batch;

    [[nodiscard]] std::size_t bytes() const {
        return sizeof *this + text.size() + result.bytes.size();
    }

    [[nodiscard]] model::JobRow row() const;
};

/// In the order of ending. What has reached its time is not found any more, and goes when all that
/// ended before it has gone.
///
/// Cost:  O(1).
/// Bound: results_max and results_bytes_max: the oldest go first, and are counted.
class ResultTable {
public:
    /// Nothing when forget_at has come already. Pre: the id is not in the table.
    void add(Ended&& ended, base::MonoTime now, const model::Limits& limits);
    [[nodiscard]] const Ended* find(const model::JobId& id, base::MonoTime now) const;
    /// Forgets what has reached its time and stands at the front.
    void forget_old(base::MonoTime now);

    [[nodiscard]] std::size_t size() const { return ring_.size(); }

    [[nodiscard]] std::size_t bytes() const { return bytes_; }

    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

    /// Results are numbered from 1 in the order of ending.
    [[nodiscard]] std::uint64_t first() const { return first_; }

    [[nodiscard]] std::uint64_t end() const { return first_ + ring_.size(); }

    /// Pre: first() <= number < end().
    [[nodiscard]] const Ended& at(std::uint64_t number) const {
        return ring_[static_cast<std::size_t>(number - first_)];
    }

private:
    struct Tag;
    // A number as the handle that FlatIndex keeps. 31 bits in the slot, so that it always names
    // something.
    using Place = base::Handle<Tag>;

    [[nodiscard]] static Place place_of(std::uint64_t number) {
        return {static_cast<std::uint32_t>(number & 0x7FFFFFFFU),
                static_cast<std::uint32_t>(number >> 31U)};
    }

    [[nodiscard]] static std::uint64_t number_of(Place place) {
        return (std::uint64_t{place.generation} << 31U) | place.slot;
    }

    void drop_front();

    std::deque<Ended> ring_;
    std::uint64_t first_ = 1;
    base::FlatIndex<Place> index_;
    std::size_t bytes_ = 0;
    std::uint64_t dropped_ = 0;
};

}  // namespace steward::core
