// common/model: what a job is: its ids, params, options, outcome, states and their transitions.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/blob.hpp"
#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "common/model/names.hpp"

namespace steward::model {

/// Names a job for ever. `epoch` names one run of one broker (16 bits broker id, 48 bits start in
/// milliseconds since 1970), `number` counts within it: ids of one broker sort by age and two
/// brokers never give the same. As text: 26 characters of Crockford's base32, lower case, no i l o
/// u.
struct JobId {
    std::uint64_t epoch = 0;
    std::uint64_t number = 0;

    auto operator<=>(const JobId&) const = default;
    [[nodiscard]] std::string text() const;
    /// Accepts either case. Errors: Malformed.
    [[nodiscard]] static base::Expected<JobId> parse(std::string_view text);
};

/// Made by a client: `session` is drawn once at random, `number` counts its submissions. The same
/// pair sent twice is the same job. Session 0 means: the client's dialect has no such thing.
struct SubmissionId {
    std::uint64_t session = 0;
    std::uint64_t number = 0;

    auto operator<=>(const SubmissionId&) const = default;
};

/// One run of a job by one worker: what a lease is for, and what fences off late results.
struct Attempt {
    JobId job;
    std::uint32_t number = 0;

    auto operator<=>(const Attempt&) const = default;
};

/// How the bytes of params and results are to be read. Numbers are wire-stable.
enum class Encoding : std::uint8_t {
    Absent = 0,   // no params or result were given
    Opaque = 1,   // bytes, passed through untouched
    Frames = 2,   // several opaque frames, packed: each as u32 little-endian length and bytes
    Json = 3,     // RFC 8259
    Msgpack = 4,  // one msgpack object
    Php = 5,      // PHP serialize(): null, bool, int, float, string, array
};

struct Payload {
    Encoding encoding = Encoding::Absent;
    base::Blob bytes;

    bool operator==(const Payload&) const = default;
};

/// Named priorities; any signed 32-bit number is allowed, larger runs first (Truman).
inline constexpr std::int32_t kPriorityLow = 1024;
inline constexpr std::int32_t kPriorityNormal = 2048;
inline constexpr std::int32_t kPriorityHigh = 4096;
inline constexpr std::int32_t kPriorityUrgent = INT32_MAX;

/// What can be asked of a job. Unset fields take the broker's defaults.
struct JobOptions {
    bool sync = false;                          // the client waits for the result
    std::optional<bool> durable;                // default: not sync
    std::optional<std::int32_t> priority;       // default: kPriorityNormal
    std::optional<base::Duration> delay;        // not before acceptance + delay
    std::optional<base::Duration> expires_in;   // not started by then: expired, never run
    std::optional<base::Duration> time_limit;   // of one attempt
    std::optional<std::uint32_t> max_attempts;  // then dead (async) or failed (sync); at least 1
    base::Blob meta;                            // msgpack map of strings, handed on untouched

    bool operator==(const JobOptions&) const = default;
};

/// A submission as the client meant it, checked.
struct JobSpec {
    ServiceName service;
    Payload params;
    JobOptions options;

    bool operator==(const JobSpec&) const = default;
};

/// What a worker says of an attempt that has ended.
enum class Verdict : std::uint8_t {
    Succeeded = 0,
    Failed = 1,         // may be tried again, as the job's max_attempts allows
    FailedForGood = 2,  // trying again is useless
};

struct Outcome {
    Verdict verdict = Verdict::Succeeded;
    std::string text;  // the reason of a failure, for people; at most kTextBytesMax
    Payload result;    // may come with a failure too (ZMWS)

    bool operator==(const Outcome&) const = default;
};

/// scheduled → ready → active → succeeded | failed | dead | expired | cancelled, and back to ready
/// or scheduled when an attempt fails or its worker is lost.
enum class JobState : std::uint8_t {
    Scheduled = 0,  // waits for an instant (delay, backoff)
    Ready = 1,      // waits for a worker
    Active = 2,     // held by a worker under a lease
    Succeeded = 3,
    Failed = 4,  // a sync job whose client has been told
    Dead = 5,    // an async job that used up its attempts
    Expired = 6,
    Cancelled = 7,
};
inline constexpr std::size_t kJobStates = 8;

[[nodiscard]] constexpr bool is_final(JobState state) {
    return state >= JobState::Succeeded;
}

/// Lower-case word, as in protocol, log and listings.
[[nodiscard]] std::string_view name_of(JobState state);
[[nodiscard]] std::optional<JobState> state_from_number(std::uint64_t number);

/// The only moves there are. Row: from; bit: to.
[[nodiscard]] constexpr bool may_become(JobState from, JobState to) {
    constexpr auto bit = [](JobState state) { return 1U << static_cast<unsigned>(state); };
    constexpr unsigned kEnds = bit(JobState::Succeeded) | bit(JobState::Failed) |
                               bit(JobState::Dead) | bit(JobState::Expired) |
                               bit(JobState::Cancelled);
    constexpr std::array<unsigned, kJobStates> kMoves = {
        bit(JobState::Ready) | bit(JobState::Expired) | bit(JobState::Cancelled),
        bit(JobState::Active) | bit(JobState::Expired) | bit(JobState::Cancelled) |
            bit(JobState::Dead) | bit(JobState::Failed),
        bit(JobState::Ready) | bit(JobState::Scheduled) | kEnds,
        0,
        0,
        0,
        0,
        0};
    return (kMoves[static_cast<std::size_t>(from)] & bit(to)) != 0;
}

/// What happened to a job; one is announced for each change. The word is the news topic's last
/// part.
enum class EventKind : std::uint8_t {
    Accepted,   // taken in (Truman: RECEIVED)
    Scheduled,  // waits for an instant
    Ready,      // waits for a worker (ENQUEUED)
    Started,    // given to a worker (DELEGATE_START)
    Progress,
    Succeeded,  // (EXECUTE_COMPLETE)
    Failed,     // an attempt failed (EXECUTE_ERROR)
    Lost,       // the worker was lost; the job goes back to the front (RETRY)
    Dead,
    Expired,
    Cancelled,
};
[[nodiscard]] std::string_view name_of(EventKind kind);

}  // namespace steward::model

template <>
struct std::hash<steward::model::JobId> {
    std::size_t operator()(const steward::model::JobId& id) const noexcept {
        std::uint64_t x = id.number * 0x9E3779B97F4A7C15ULL ^ id.epoch;
        x ^= x >> 32U;
        return static_cast<std::size_t>(x * 0xD6E8FEB86659FD93ULL);
    }
};
