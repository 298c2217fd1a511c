// tests/e2e: bytes to a socket, all of them.
#pragma once

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <sys/socket.h>

namespace steward::e2e {

/// Waits until the system has taken them; false when the other end has closed.
[[nodiscard]] inline bool send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
    }
    return true;
}

}  // namespace steward::e2e
