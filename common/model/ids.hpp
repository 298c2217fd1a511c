// common/model: the ids of jobs, submissions and attempts.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "common/base/expected.hpp"

namespace steward::model {

/// Names a job for ever. `epoch` names one run of one broker (16 bits broker id, 48 bits start in
/// milliseconds since 1970, or a little later when an earlier run began then), `number` counts
/// within it: ids of one broker sort by age and two brokers never give the same. As text: 26
/// characters of Crockford's base32, lower case, no i l o u.
struct JobId {
    std::uint64_t epoch = 0;
    std::uint64_t number = 0;

    auto operator<=>(const JobId&) const = default;
    [[nodiscard]] std::string text() const;
    /// The same at `to`, where there is room for kTextBytes characters; the last `last` of them
    /// only, for one who has the others from an id before.
    void put_text(char* to, std::size_t last = kTextBytes) const;
    static constexpr std::size_t kTextBytes = 26;
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

}  // namespace steward::model

template <>
struct std::hash<steward::model::JobId> {
    std::size_t operator()(const steward::model::JobId& id) const noexcept {
        std::uint64_t x = id.number * 0x9E3779B97F4A7C15ULL ^ id.epoch;
        x ^= x >> 32U;
        return static_cast<std::size_t>(x * 0xD6E8FEB86659FD93ULL);
    }
};
