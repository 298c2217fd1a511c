#include "common/posix/host_name.hpp"

#include <array>
#include <unistd.h>

namespace steward::posix {

std::string host_name() {
    std::array<char, 65> name{};
    const bool is_told = ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0';
    return is_told ? std::string(name.data()) : "localhost";
}

}  // namespace steward::posix
