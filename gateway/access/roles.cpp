#include "gateway/access/roles.hpp"

#include <algorithm>
#include <array>

namespace steward::gateway {

namespace {

struct Named {
    std::string_view name;
    Role role;
};

constexpr std::array<Named, 3> kNamed = {
    {{"read", kRead}, {"submit", kSubmit}, {"operate", kOperate}}};

}  // namespace

std::optional<Role> role_named(std::string_view name) {
    const auto* const found = std::ranges::find(kNamed, name, &Named::name);
    return found == kNamed.end() ? std::nullopt : std::optional(found->role);
}

std::vector<std::string_view> names_of_roles(std::uint8_t roles) {
    std::vector<std::string_view> names;
    for (const Named& named : kNamed) {
        if ((roles & named.role) != 0) {
            names.push_back(named.name);
        }
    }
    return names;
}

}  // namespace steward::gateway
