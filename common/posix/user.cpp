#include "common/posix/user_id.hpp"

#include <charconv>
#include <pwd.h>
#include <vector>

namespace steward::posix {

std::optional<std::uint32_t> user_id(const std::string& name) {
    std::uint32_t number = 0;
    const char* end = name.data() + name.size();
    if (const auto read = std::from_chars(name.data(), end, number);
        read.ec == std::errc{} && read.ptr == end) {
        return number;
    }
    passwd entry{};
    passwd* found = nullptr;
    std::vector<char> space(16384);
    if (::getpwnam_r(name.c_str(), &entry, space.data(), space.size(), &found) != 0 ||
        found == nullptr) {
        return std::nullopt;
    }
    return entry.pw_uid;
}

}  // namespace steward::posix
