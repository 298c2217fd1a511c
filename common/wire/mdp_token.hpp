// common/wire: what the two Majordomo dialects share: the token that names a job and its attempt,
// and opaque bodies. Headers and type bytes are each dialect's own.
#pragma once

#include <span>
#include <string_view>

#include "common/base/expected.hpp"
#include "common/wire/dialect.hpp"

namespace steward::wire::mdp {

/// "<jobid>.<attempt>": what an MDP worker gets as the client's address and must return. The broker
/// so tells whose result it is, and a late one from a current one, without remembering anything.
[[nodiscard]] base::Blob job_token(const model::Attempt& attempt);
/// Errors: Malformed. The number is at least 1.
[[nodiscard]] base::Expected<model::Attempt> parse_job_token(std::string_view token);

/// The token, the empty frame and the body of what a worker returns.
struct Returned {
    model::Attempt attempt;
    model::Payload body;
};

/// Errors: Malformed.
[[nodiscard]] base::Expected<Returned> read_returned(std::span<const base::Blob> frames);

/// How a message begins: the delimiter if the peer has one, the header and what is next.
[[nodiscard]] Frames start(Form form, const base::Blob& header, std::string_view next);

/// A body's frames, as unpack_frames() has them.
void append_body(Frames& frames, const model::Payload& body);
/// A result's body: the payload, or for a failure one frame "FAIL: <reason>".
void append_result(Frames& frames, const ResultForClient& result);
[[nodiscard]] base::Blob fail_frame(std::string_view reason);

/// Behind the optional delimiter and the header; empty, with `found` false, when it is another.
struct Behind {
    bool found = false;
    std::span<const base::Blob> rest;
};

[[nodiscard]] Behind behind_header(const Frames& frames, std::string_view header);
/// The service, which is `frames`' first, as a request with the rest as its body.
/// Errors: Malformed.
[[nodiscard]] base::Expected<ClientRequest> read_request(std::span<const base::Blob> frames);
/// Errors: Malformed.
[[nodiscard]] base::Expected<WorkerSaid> read_ready(std::span<const base::Blob> frames);
[[nodiscard]] base::Unexpected no_header(std::string_view header);
[[nodiscard]] base::Unexpected no_such_type(std::string_view type);

}  // namespace steward::wire::mdp
