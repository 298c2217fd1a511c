// broker/app: what an operator's request is about, in a few words for the audit log. Decides
// nothing.
#pragma once

#include <string>

#include "broker/core/request.hpp"

namespace steward::app {

inline constexpr std::size_t kObjectBytesMax = 300;
inline constexpr std::size_t kObjectsNamedMax = 5;  // jobs or services; the others are counted

/// "mail paused", "job 01m8gs5ngh0000000000000001", "service mail, state dead". Never params.
/// Empty: it is about everything. Bound: kObjectBytesMax.
[[nodiscard]] std::string object_of(const core::Request& request);

}  // namespace steward::app
