// broker/core: the ends of jobs, kept so that they can be fetched by id for a while.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/core/history.hpp"
#include "broker/core/owner.hpp"
#include "common/base/chunk_queue.hpp"
#include "common/base/flat_index.hpp"
#include "common/base/slot_map.hpp"
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
    OwnerId owner = kNobody;
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
    std::shared_ptr<const JobNames> names;

    [[nodiscard]] model::JobRow row(const OwnerTable& owners) const;
};

/// Numbers by the ids of jobs. Ids that follow each other are looked up together, mostly: what 64
/// of them lead to lies together.
///
/// Cost: O(1).  Bound: the owner's; a page of 100 bytes serves one id or 16.
class ResultIndex {
public:
    /// Pre: the id is not in it.
    void insert(const model::JobId& id, std::uint32_t number);
    /// Pre: the id is in it.
    void erase(const model::JobId& id);
    [[nodiscard]] std::optional<std::uint32_t> find(const model::JobId& id) const;

private:
    static constexpr unsigned kIdBits = 4;

    struct Page {
        model::JobId first;      // of its 16 ids
        std::uint32_t used = 0;  // which of them are in the index
        std::array<std::uint32_t, 1U << kIdBits> numbers{};
    };

    using Handle = base::Handle<Page>;

    [[nodiscard]] static model::JobId first_of(const model::JobId& id) {
        return {id.epoch, id.number >> kIdBits << kIdBits};
    }

    [[nodiscard]] static std::size_t place_of(const model::JobId& id) {
        return id.number & ((1U << kIdBits) - 1);
    }

    [[nodiscard]] Handle page_of(const model::JobId& first) const;

    base::SlotMap<Page> pages_;
    base::FlatIndex<Handle> index_;
    // Ids come and go about in their order: most are on the page of the one before.
    Handle added_to_;
    Handle erased_from_;
};

/// In the order of ending. What has reached its time is not found any more, and goes when all that
/// ended before it has gone.
///
/// Most results differ little from those that ended just before: they are kept as the differences,
/// in less than half the memory. Of all that is done for quick jobs only they stay.
///
/// Cost:  O(1).
/// Bound: results_max and results_bytes_max: the oldest go first, and are counted.
class ResultTable {
public:
    /// Nothing when forget_at has come already. Pre: the id is not in the table.
    void add(Ended&& ended, base::MonoTime now, const model::Limits& limits);
    [[nodiscard]] std::optional<Ended> find(const model::JobId& id, base::MonoTime now) const;

    /// Forgets what has reached its time and stands at the front.
    void forget_old(base::MonoTime now) {
        while (!ring_.empty() && first_forget_at_ <= now) {
            drop_front();
        }
    }

    [[nodiscard]] std::size_t size() const { return ring_.size(); }

    [[nodiscard]] std::size_t bytes() const { return bytes_; }

    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

    /// Results are numbered from 1 in the order of ending.
    [[nodiscard]] std::uint64_t first() const { return first_; }

    [[nodiscard]] std::uint64_t end() const { return first_ + ring_.size(); }

    /// Pre: first() <= number < end(), here and below.
    [[nodiscard]] Ended at(std::uint64_t number) const;

    [[nodiscard]] bool is_durable(std::uint64_t number) const {
        const Kept& its = kept(number);
        return its.whole != nullptr ? its.whole->durable : its.differences.durable;
    }

    [[nodiscard]] base::MonoTime forget_at(std::uint64_t number) const {
        const Kept& its = kept(number);
        return its.whole != nullptr
                   ? its.whole->forget_at
                   : base_of(number).forget_at + base::Duration{its.differences.forget_us};
    }

private:
    static constexpr std::size_t kPart = 512;

    // What the results of a part are told from: how its first one is.
    struct Base {
        model::JobId id;
        base::WallTime accepted_at{};
        base::MonoTime forget_at{};
        std::uint64_t seq = 0;
    };

    struct Differences {
        std::int32_t number = 0;       // of the id, after the base's
        std::int32_t accepted_us = 0;  // after the base
        std::uint32_t waited_us = 0;   // until it was started
        std::uint32_t ran_us = 0;
        std::int32_t forget_us = 0;  // after the base's
        std::int32_t seq = 0;        // after the base's, if it has one
        std::int16_t priority = 0;
        OwnerId owner = kNobody;
        model::JobState state = model::JobState::Succeeded;
        model::Encoding encoding = model::Encoding::Absent;
        std::uint8_t attempt = 0;
        bool sync : 1 = false;
        bool durable : 1 = false;
        bool has_seq : 1 = false;
    };

    struct Kept {
        Kept(const Differences& from, model::ServiceName&& its, base::Blob&& with)
            : differences(from), service(std::move(its)), result(std::move(with)) {}

        explicit Kept(std::unique_ptr<const Ended> all) : whole(std::move(all)) {}

        Differences differences;
        model::ServiceName service;
        base::Blob result;
        // All of a result that differs by more, or has more; the others are nothing then.
        std::unique_ptr<const Ended> whole;
    };

    // False when they are too large, or it has more than these.
    [[nodiscard]] static bool differ_little(const Ended& ended,
                                            const Base& base,
                                            Differences& differences);
    // What a result takes with its names, text and bytes.
    [[nodiscard]] static std::size_t bytes_of(const Ended& ended, bool is_whole);

    [[nodiscard]] static std::size_t bytes_of(const Kept& kept) {
        return kept.whole != nullptr ? bytes_of(*kept.whole, true)
                                     : sizeof kept + kept.result.size();
    }

    [[nodiscard]] const Kept& kept(std::uint64_t number) const {
        return ring_[static_cast<std::size_t>(number - first_)];
    }

    [[nodiscard]] const Base& base_of(std::uint64_t number) const {
        return bases_[static_cast<std::size_t>(number / kPart - first_ / kPart)];
    }

    [[nodiscard]] model::JobId id(std::uint64_t number) const;
    void drop_front();

    base::ChunkQueue<Kept, kPart> ring_;
    std::deque<Base> bases_;  // of the parts that the ring is in, by number / kPart
    std::uint64_t first_ = 1;
    base::MonoTime first_forget_at_{};  // forget_at(first_): every end asks for it
    ResultIndex index_;                 // the lower half of numbers
    std::size_t bytes_ = 0;
    std::uint64_t dropped_ = 0;
};

}  // namespace steward::core
