#include "common/posix/user.hpp"

#include <charconv>
#include <pwd.h>
#include <vector>

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
    std::uint32_t number = 0;
    const char* end = name.data() + name.size();
    if (const auto read = std::from_chars(name.data(), end, number);
        read.ec == std::errc{} && read.ptr == end) {
        return number;
    }
    const auto user = user_named(name);
    return user ? std::optional(user->id) : std::nullopt;
}

}  // namespace steward::posix
