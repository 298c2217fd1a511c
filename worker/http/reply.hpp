// worker/http: what a receiver's answer means for the job. No socket: values in, an answer out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/time.hpp"
#include "common/model/job.hpp"
#include "worker/answer.hpp"

namespace steward::worker::http {

struct Reply {
    unsigned status = 0;
    std::string reason;        // "Not Found"
    std::string content_type;  // empty: none
    std::string retry_after;   // empty: none
    std::string location;      // empty: none
    std::string body;
    bool is_too_large = false;  // the body was not taken
};

/// 2xx: done, and the body is the result, read as its content type says. 429 and 5xx, 408 and 425:
/// again; with Retry-After a snooze of so long, `snooze_max` at most. Anything else: never again.
/// `body_max`: for the text about an answer that is too large.
[[nodiscard]] Answer answer_of(const Reply& reply,
                               base::WallTime now,
                               base::Duration snooze_max,
                               std::uint64_t body_max);

/// "120", or a date such as "Fri, 27 Nov 2026 10:00:00 GMT": how long from now, not below zero.
[[nodiscard]] std::optional<base::Duration> parse_retry_after(std::string_view text,
                                                              base::WallTime now);

/// The content type of params in this encoding.
[[nodiscard]] std::string_view content_type_of(model::Encoding encoding);

}  // namespace steward::worker::http
