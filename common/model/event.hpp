// common/model: what happens to jobs, as events for the news, the lifecycle log and the metrics.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>

namespace steward::model {

/// One is announced for each change. The names are Truman's where he had one; a job's life begins
/// with Received and ends with exactly one of ExecuteComplete, Failed, Dead, Expired, Cancelled
/// (and goes on from Dead with Retry). docs/events.md lists when each comes and its fields.
enum class EventKind : std::uint8_t {
    Received,         // taken in
    Deduplicated,     // another submission had its unique key and became this job
    Blocked,          // waits for other jobs
    Delayed,          // waits for an instant
    Enqueued,         // waits for a worker
    Dequeued,         // left its queue
    DelegateStart,    // given to a worker
    DelegateError,    // the worker was lost
    ExecuteStart,     // the worker begins, as far as the broker can tell
    Progress,         //
    ExecuteError,     // an attempt failed
    Snoozed,          // the worker asked for another time
    Returned,         // the worker gave it back unstarted
    Retry,            // will be run again
    Edited,           // priority or instant changed by an operator
    Cancelling,       // runs and was told to stop
    ExecuteComplete,  // succeeded
    Failed,           // a sync job has failed
    Dead,             // an async job used up its attempts, or what it waited for died
    Expired,          //
    Cancelled,        //
    Discarded,        // a dead letter was thrown away
    // Of a service ("*": of all), not of a job.
    Paused,
    Resumed,
    Drained,
    Disabled,
    Enabled,
    // Of a batch: its last job has ended.
    BatchComplete,
};
inline constexpr std::size_t kEventKinds = 28;

/// In capitals, words joined by "_": RECEIVED, EXECUTE_START. The news topic's last part.
[[nodiscard]] std::string_view name_of(EventKind kind);
[[nodiscard]] std::optional<EventKind> event_named(std::string_view name);

/// Kinds of events, such as those that somebody listens to.
class EventSet {
public:
    [[nodiscard]] static EventSet all() {
        EventSet set;
        set.bits_.set();
        return set;
    }

    void add(EventKind kind) { bits_.set(static_cast<std::size_t>(kind)); }

    void remove(EventKind kind) { bits_.reset(static_cast<std::size_t>(kind)); }

    [[nodiscard]] bool has(EventKind kind) const {
        return bits_.test(static_cast<std::size_t>(kind));
    }

    [[nodiscard]] bool empty() const { return bits_.none(); }

    EventSet& operator|=(const EventSet& other) {
        bits_ |= other.bits_;
        return *this;
    }

    bool operator==(const EventSet&) const = default;

private:
    std::bitset<kEventKinds> bits_;
};

/// A job's last event, unless it is retried from the dead.
[[nodiscard]] constexpr bool is_end(EventKind kind) {
    return kind >= EventKind::ExecuteComplete && kind <= EventKind::Cancelled;
}

}  // namespace steward::model
