// gateway/params: what ties a job to the request that it came from: the request's id, a W3C
// traceparent, a body's content type. They travel in the job's meta, for workers and logs to see.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/blob.hpp"
#include "common/base/expected.hpp"

namespace steward::gateway {

/// A caller's X-Request-Id when it is 1 to kRequestIdBytesMax of [A-Za-z0-9._-]: safe in any log
/// and header. Else the hex of `random`.
[[nodiscard]] std::string request_id_of(std::string_view given,
                                        const std::array<unsigned char, 16>& random);

/// W3C Trace Context: "00-" 32 hex "-" 16 hex "-" 2 hex, lower case, neither id all zeros. A later
/// version than 00 may say more behind a further "-"; "ff" is none.
[[nodiscard]] bool is_traceparent(std::string_view text);

/// Empty ones are left out; a traceparent that is none as well.
struct Trace {
    std::string_view request_id;    // in meta as "request-id"
    std::string_view traceparent;   // "traceparent"
    std::string_view content_type;  // "content-type"
};

/// `meta` (JobOptions::meta) with the trace. An entry of the same name that is there already was
/// asked for by the submitter and stays.
/// Errors: BadOption, when meta is no map of strings, or has no room for so many entries or bytes
///         (kMetaEntriesMax, kMetaBytesMax).
[[nodiscard]] base::Expected<base::Blob> with_trace(const base::Blob& meta, const Trace& trace);

}  // namespace steward::gateway
