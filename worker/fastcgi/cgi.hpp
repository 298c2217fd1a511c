// worker/fastcgi: a job as the variables of a CGI script, and what a script writes as a reply. No
// socket.
#pragma once

#include <string>
#include <string_view>

#include "common/base/expected.hpp"
#include "worker/fastcgi/record.hpp"
#include "worker/http/reply.hpp"
#include "worker/job.hpp"

namespace steward::worker::fastcgi {

inline constexpr std::size_t kHeaderBytesMax = 64UL << 10U;

/// The params as JSON in the body, the job's facts as variables: docs/ready-made-workers.md lists
/// them. `memory_bytes_max`: PHP's memory_limit, unless the job's is lower; 0: PHP is told none,
/// for it would hold for the jobs behind this one, too. Errors: BadParams.
[[nodiscard]] base::Expected<Request> request_of(const Job& job,
                                                 const std::string& script,
                                                 std::uint64_t memory_bytes_max);

/// Header lines, an empty one, the body. Without a Status header it is 200.
/// Errors: Malformed: no end of the headers, or a status that is none.
[[nodiscard]] base::Expected<http::Reply> reply_of(std::string_view output);

}  // namespace steward::worker::fastcgi
