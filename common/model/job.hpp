// common/model: what a job is: its params, outcome, states and their transitions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/blob.hpp"
#include "common/base/time.hpp"
#include "common/model/ids.hpp"
#include "common/model/names.hpp"
#include "common/model/options.hpp"

namespace steward::model {

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
    Snoozed = 3,        // again after Outcome::again_in; no attempt is counted
};

struct Outcome {
    Verdict verdict = Verdict::Succeeded;
    std::string text;           // the reason of a failure, for people; at most kTextBytesMax
    Payload result;             // may come with a failure too (ZMWS)
    base::Duration again_in{};  // Snoozed only

    bool operator==(const Outcome&) const = default;
};

/// blocked → scheduled → ready → active → succeeded | failed | dead | expired | cancelled, and back
/// to ready or scheduled when an attempt fails or its worker is lost. A dead job stays as a dead
/// letter until it is retried (ready again, or blocked) or discarded. Numbers are wire-stable.
enum class JobState : std::uint8_t {
    Scheduled = 0,  // waits for an instant (delay, backoff)
    Ready = 1,      // waits for a worker
    Active = 2,     // held by a worker under a lease
    Succeeded = 3,
    Failed = 4,  // a sync job whose client has been told
    Dead = 5,    // an async job that used up its attempts
    Expired = 6,
    Cancelled = 7,
    Blocked = 8,  // waits for other jobs to succeed (`after`)
};
inline constexpr std::size_t kJobStates = 9;

[[nodiscard]] constexpr bool is_final(JobState state) {
    return state >= JobState::Succeeded && state <= JobState::Cancelled;
}

/// Lower-case word, as in protocol, log and listings.
[[nodiscard]] std::string_view name_of(JobState state);
[[nodiscard]] std::optional<JobState> state_named(std::string_view name);
[[nodiscard]] std::optional<JobState> state_from_number(std::uint64_t number);

/// The only moves there are. Row: from; bit: to.
[[nodiscard]] constexpr bool may_become(JobState from, JobState to) {
    constexpr auto bit = [](JobState state) { return 1U << static_cast<unsigned>(state); };
    constexpr unsigned kEnds = bit(JobState::Succeeded) | bit(JobState::Failed) |
                               bit(JobState::Dead) | bit(JobState::Expired) |
                               bit(JobState::Cancelled);
    constexpr unsigned kEndsUnrun = bit(JobState::Expired) | bit(JobState::Cancelled) |
                                    bit(JobState::Dead) | bit(JobState::Failed);
    constexpr std::array<unsigned, kJobStates> kMoves = {
        bit(JobState::Ready) | kEndsUnrun,                              // scheduled
        bit(JobState::Active) | bit(JobState::Scheduled) | kEndsUnrun,  // ready
        bit(JobState::Ready) | bit(JobState::Scheduled) | kEnds,        // active
        0,
        0,
        bit(JobState::Ready) | bit(JobState::Blocked),  // dead: retried
        0,
        0,
        bit(JobState::Ready) | bit(JobState::Scheduled) | kEndsUnrun};  // blocked
    return (kMoves[static_cast<std::size_t>(from)] & bit(to)) != 0;
}

}  // namespace steward::model
