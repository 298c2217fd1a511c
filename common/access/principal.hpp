// common/access: who a peer is, as a number that is cheap to carry and compare.
#pragma once

#include <cstdint>

#include "common/base/strong_id.hpp"

namespace steward::access {

struct PrincipalTag;

/// Names one proof of who a peer is: a key, or a user of this machine. Given by Principals, never
/// twice in one process: a key that was removed keeps its number, and nobody else gets it.
using PrincipalId = base::StrongId<PrincipalTag, std::uint32_t>;

/// Every peer of a broker without security: who reaches it may do everything.
inline constexpr PrincipalId kAnonymous{0};
/// The broker's own user and root, over local streams: who could read its secret key and journal
/// anyway. Unless a file names that user otherwise it may do everything, too.
inline constexpr PrincipalId kOwner{1};

}  // namespace steward::access
