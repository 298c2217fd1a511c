// gateway/api: a line of the log for each request.
#pragma once

#include "common/log/log.hpp"
#include "gateway/http/server.hpp"

namespace steward::gateway {

/// Who, what, how it went and how long it took, under the request's id, which the job's meta has as
/// well. Queries and bodies are left out: they may hold what is nobody else's business.
void write_access(log::Log& log, const Served& served);

}  // namespace steward::gateway
