#include "common/posix/unique_fd.hpp"

#include <unistd.h>

namespace steward::posix {

UniqueFd::~UniqueFd() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

}  // namespace steward::posix
