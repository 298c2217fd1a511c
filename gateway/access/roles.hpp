// gateway/access: what somebody may do. Each role stands for itself; none holds another.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/access/grants.hpp"

namespace steward::gateway {

/// One role each; a set of them is their sum.
enum Role : std::uint8_t {
    kRead = 1,     // look at jobs, services and the rest
    kSubmit = 2,   // submit jobs, call services, follow these jobs
    kOperate = 4,  // change what others have submitted, and services
};

inline constexpr std::uint8_t kAllRoles = kRead | kSubmit | kOperate;

/// "read", "submit", "operate".
[[nodiscard]] std::optional<Role> role_named(std::string_view name);
/// The names of a set, in that order.
[[nodiscard]] std::vector<std::string_view> names_of_roles(std::uint8_t roles);

/// What a token's jobs are held to beside its roles; null: nothing.
using TokenGrants = std::shared_ptr<const access::Grants>;

/// Who asks, once that is known.
struct Visitor {
    std::string name;        // of the token
    std::uint8_t roles = 0;  // of Role
    TokenGrants grants{};

    bool operator==(const Visitor& other) const {
        const bool same_grants = grants != nullptr && other.grants != nullptr
                                     ? *grants == *other.grants
                                     : grants == other.grants;
        return name == other.name && roles == other.roles && same_grants;
    }
};

}  // namespace steward::gateway
