// gateway/api: the paths that ZMWS had: /SERVICE, /SYNC-SERVICE and /SERVER-….
#pragma once

#include <memory>

#include "gateway/api/call.hpp"

namespace steward::gateway {

class Desk;

/// The role that a path of this one segment needs.
[[nodiscard]] Role old_door_role(std::string_view name);

/// Any GET or POST of a path with one segment. Answers 200 with {"job", "service", "state",
/// "result"} of a call, 202 with {"job", "service"} of a background job, as a script with ?jsonp=.
/// 404 for a service that nobody has announced, and for the files that browsers ask for by
/// themselves.
void answer_old_door(Desk& desk, std::shared_ptr<Call> call);

}  // namespace steward::gateway
