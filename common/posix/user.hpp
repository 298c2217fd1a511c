// common/posix: users of this machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace steward::posix {

struct User {
    std::string name;
    std::uint32_t id = 0;
    std::uint32_t group = 0;
    std::string home;
    std::string shell;
};

/// Nothing: there is none of this name, or the user database cannot be asked.
/// Thread: any. Blocks: for the user database.
[[nodiscard]] std::optional<User> user_named(const std::string& name);

/// The number of the user of this name; a number stands for itself. Nothing: there is none.
/// Thread: any. Blocks: for the user database.
[[nodiscard]] std::optional<std::uint32_t> user_id(const std::string& name);

}  // namespace steward::posix
