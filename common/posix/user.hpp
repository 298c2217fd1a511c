// common/posix: users of this machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace steward::posix {

/// The number of the user of this name; a number stands for itself. Nothing: there is none.
/// Blocks: for the user database.
[[nodiscard]] std::optional<std::uint32_t> user_id(const std::string& name);

}  // namespace steward::posix
