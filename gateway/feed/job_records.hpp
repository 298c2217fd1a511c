// gateway/feed: what single jobs have said so far, for those who come late to listen.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/blob.hpp"
#include "common/base/time.hpp"
#include "common/model/event.hpp"
#include "common/model/ids.hpp"
#include "common/model/part_number.hpp"

namespace steward::gateway {

/// One thing that is told.
struct FeedItem {
    enum class Kind : std::uint8_t {
        Event,     // of the broker's news (docs/events.md)
        Partial,   // a part of a job's answer
        Progress,  // how far a job is
        End,       // how a job ended, with its result as far as there is one
        Missed,    // the first events of a job were not heard
    };

    std::uint64_t number = 0;  // given by the feed
    Kind kind = Kind::Event;
    model::EventKind event = model::EventKind::Received;  // of an Event
    std::optional<model::JobId> job;  // of all but events of services and batches
    std::string service;              // of an Event; "*": all services
    model::PartNumber part{};         // of a Partial
    base::Blob text;                  // as it is sent, usually JSON

    /// What it counts for in the bounds.
    [[nodiscard]] std::size_t bytes() const { return text.size() + service.size() + 128; }

    /// A later one says all that an earlier one said.
    [[nodiscard]] bool is_progress() const {
        return kind == Kind::Progress ||
               (kind == Kind::Event && event == model::EventKind::Progress);
    }

    /// A job that has ended goes on.
    [[nodiscard]] bool is_retry() const {
        return kind == Kind::Event && event == model::EventKind::Retry;
    }

    bool operator==(const FeedItem&) const = default;
};

struct RecordLimits {
    std::size_t records_max = 10'000;
    std::size_t bytes_max = 64U << 20U;  // of all records
    std::size_t items_per_job_max = 1000;
    std::size_t bytes_per_job_max = 4U << 20U;
    base::Duration keep_after_end = std::chrono::minutes(5);
};

/// Bounded records of jobs. Within one, the oldest item makes room, and of progress only the latest
/// is kept. Among them, the one that ended first makes room, then the one that has been quiet for
/// longest; what a job with no record says is not kept.
///
/// Thread: one.
class JobRecords {
public:
    explicit JobRecords(const RecordLimits& limits) : limits_(limits) {}

    struct Record {
        std::list<FeedItem> items;
        std::uint64_t floor = 0;  // the last number of an item that is not here any more
        std::size_t bytes = 0;
        bool lacks_beginning = false;           // not heard yet, or never
        std::optional<base::MonoTime> ends_at;  // the record, some time after the job has ended
        std::list<model::JobId>::iterator place;
        std::optional<std::list<FeedItem>::iterator> progress;
        model::HeardParts heard;
    };

    /// Opens a record with what is known already; `floor` as in Record. Does nothing when there is
    /// one. An end among the items counts from `now`. `is_new`: all that the job says should be
    /// heard, from RECEIVED on.
    void open(base::MonoTime now,
              const model::JobId& job,
              const std::vector<FeedItem>& items,
              std::uint64_t floor,
              bool is_new);
    /// Puts an item into its job's record, if there is one. Pre: its number is larger than all.
    void put(base::MonoTime now, const FeedItem& item);

    /// False: the item is a part that its job's record has been given before.
    [[nodiscard]] bool is_first(const FeedItem& item);

    /// True: before this item its new job has said something that was not heard. Once for a job.
    [[nodiscard]] bool has_missed_beginning(const FeedItem& item);

    [[nodiscard]] const Record* find(const model::JobId& job) const;

    /// The last number of an item that no record has, because its record had to go or there was
    /// none; events do not count, for the ring may have them.
    [[nodiscard]] std::uint64_t gone() const { return gone_; }

    [[nodiscard]] std::optional<base::MonoTime> next_deadline() const;
    void drop_ended(base::MonoTime now);
    /// All records have missed something before `number`.
    void raise_floors(std::uint64_t number);

    [[nodiscard]] std::size_t size() const { return records_.size(); }

    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    using Records = std::unordered_map<model::JobId, Record>;

    void add(base::MonoTime now, Record& record, const FeedItem& item);
    void remove_item(Record& record, std::list<FeedItem>::iterator item);
    void touch(base::MonoTime now, Record& record, const FeedItem& item);
    void erase(Records::iterator record);
    void make_room();

    RecordLimits limits_;
    Records records_;
    std::size_t bytes_ = 0;
    std::uint64_t gone_ = 0;
    std::list<model::JobId> open_;   // the quietest first
    std::list<model::JobId> ended_;  // the first to go first
};

}  // namespace steward::gateway
