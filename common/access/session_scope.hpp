// common/access: whose a client's session is. Keeps nothing.
#pragma once

#include <cstdint>
#include <string_view>

namespace steward::access {

/// The session that a client of this key means by `session`; never 0 for one that is not.
///
/// A submission's number in its session is all that finds it again, and workers are told both. So
/// what the broker keeps, and tells, is a digest of session and key: who learns it cannot name it.
/// The same for the same two in every run, since clients come back with theirs.
[[nodiscard]] std::uint64_t scoped_session(std::string_view key, std::uint64_t session);

}  // namespace steward::access
