// gateway/access: what somebody may do. Each role stands for itself; none holds another.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

/// Who asks, once that is known.
struct Visitor {
    std::string name;        // of the token
    std::uint8_t roles = 0;  // of Role

    bool operator==(const Visitor&) const = default;
};

}  // namespace steward::gateway
