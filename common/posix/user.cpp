#include "common/posix/user.hpp"

#include <pwd.h>
#include <vector>

#include "common/base/whole_number.hpp"

namespace steward::posix {
namespace {

constexpr std::size_t kEntryBytesMax = 16384;  // of one user, all texts together

}  // namespace

std::optional<User> user_named(const std::string& name) {
    passwd entry{};
    passwd* found = nullptr;
    std::vector<char> space(kEntryBytesMax);
    if (::getpwnam_r(name.c_str(), &entry, space.data(), space.size(), &found) != 0 ||
        found == nullptr) {
        return std::nullopt;
    }
    return User{entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir, entry.pw_shell};
}

std::optional<std::uint32_t> user_id(const std::string& name) {
    if (const auto number = base::parse_whole<std::uint32_t>(name)) {
        return number;
    }
    const auto user = user_named(name);
    return user ? std::optional(user->id) : std::nullopt;
}

}  // namespace steward::posix
