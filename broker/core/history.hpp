// broker/core: the jobs that ended last, for the listings. Knows no policy.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "broker/core/job_names.hpp"
#include "broker/core/owner.hpp"
#include "common/base/assert.hpp"
#include "common/model/job.hpp"
#include "common/model/report.hpp"

namespace steward::core {

/// What is listed of a job that has ended.
struct Past {
    model::JobId id;
    model::ServiceName service;
    model::Label channel;                   // empty: the default one
    std::unique_ptr<const JobNames> names;  // null: none
    model::JobState state = model::JobState::Succeeded;
    bool sync = false;
    OwnerId owner = kNobody;
    std::int32_t priority = 0;
    std::uint32_t attempt = 0;
    std::uint32_t failures = 0;
    std::uint32_t losses = 0;
    model::Peer client;  // value 0: none
    model::Peer worker;  // value 0: none
    base::WallTime accepted_at{};
    base::WallTime started_at{};
    base::WallTime ended_at{};
    model::Payload params;
    base::Blob text;

    [[nodiscard]] model::JobRow row(const OwnerTable& owners) const;
};

/// A ring: what has gone is written over, so that an end costs no more than what it says.
///
/// Cost: O(1).  Bound: the caller's `most`.  Thread: one.
class History {
public:
    /// So many come behind the next one: what they would write over need not be written.
    void expect(std::size_t more) { more_ = more; }

    /// The place of the newest, still with what stood there before; null when there is none for it.
    [[nodiscard]] Past* add(std::size_t most) {
        if (most <= more_) {
            return nullptr;
        }
        if (ring_.size() > most || (next_ != 0 && ring_.size() < most)) [[unlikely]] {
            fit(most);
        }
        if (ring_.size() < most) {
            return &ring_.emplace_back();
        }
        Past& place = ring_[next_];
        next_ = next_ + 1 == most ? 0 : next_ + 1;
        return &place;
    }

    [[nodiscard]] std::size_t size() const { return ring_.size(); }

    /// Pre: index < size(). 0: the oldest.
    [[nodiscard]] const Past& operator[](std::size_t index) const {
        STEWARD_ASSERT(index < ring_.size());
        const std::size_t place = next_ + index;
        return ring_[place < ring_.size() ? place : place - ring_.size()];
    }

private:
    void fit(std::size_t most);

    std::vector<Past> ring_;  // grows to the bound first
    std::size_t next_ = 0;    // the oldest, once it does not grow any more
    std::size_t more_ = 0;
};

}  // namespace steward::core
