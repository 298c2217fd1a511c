// common/wire: what the two ZMWS dialects share: the text lines, the PARAM and OPTION frames before
// the service, and the reasons of failures. How a message is framed is each dialect's own.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/base/expected.hpp"
#include "common/wire/dialect.hpp"

namespace steward::wire::zmws {

inline constexpr std::string_view kJobWord = "JOB: ";
inline constexpr std::string_view kHeartbeat = "HEARTBEAT";
inline constexpr std::string_view kReady = "READY";

/// A request out of its last frame, the service with or without `JOB: ` and `SYNC-`, and the frames
/// before it: at most one PARAM and one OPTION frame in any order, empty ones counting as none. Any
/// other frame is taken as opaque params, "0" too.
/// Errors: Malformed, BadParams (PHP that could name a class), BadOption, UnknownOption, TooLarge.
[[nodiscard]] base::Expected<ClientRequest> read_request(std::span<const base::Blob> before,
                                                         std::string_view service);

/// The last frame of what a worker says.
struct WorkerLine {
    enum class Word : std::uint8_t { Ready, Heartbeat, Partial, Complete, Fail };
    Word word = Word::Heartbeat;
    std::string_view job;  // what follows the colon; empty for the first two
};

[[nodiscard]] std::optional<WorkerLine> read_worker_line(std::string_view frame);

/// What a worker's message means once its dialect has found the frames. Null: the frame is missing.
/// Errors: Malformed.
[[nodiscard]] base::Expected<WorkerSaid> read_worker(const WorkerLine& line,
                                                     const base::Blob* service,
                                                     const base::Blob* param);

/// "JOB: <jobid> SERVICE"
[[nodiscard]] base::Blob taken_line(std::string_view service, model::JobId job);
/// "WORD: SERVICE [<jobid>]"; the word is COMPLETE, FAIL or CONT.
[[nodiscard]] base::Blob status_line(std::string_view word,
                                     std::string_view service,
                                     model::JobId job);
/// "FAIL: SERVICE", or "FAIL: <reason>" where the service could not be read.
[[nodiscard]] base::Blob refusal_line(std::string_view service, std::string_view reason);
/// "JOB: <jobid>"
[[nodiscard]] base::Blob job_line(model::JobId job);

/// A payload's frame. PHP text that could name a class travels as a JSON string, whoever sent it: a
/// PHP worker would otherwise instantiate it.
[[nodiscard]] base::Blob param_frame(const model::Payload& payload);
/// The frame after the status line: the payload, or a failure's reason where there is none.
[[nodiscard]] base::Blob result_frame(const ResultForClient& result);
[[nodiscard]] base::Blob reason_frame(std::string_view reason);

}  // namespace steward::wire::zmws
