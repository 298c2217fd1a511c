// worker/fastcgi: the address of a FastCGI pool, and a connection to it that does not block.
#pragma once

#include <string>
#include <sys/socket.h>

#include "common/base/expected.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::worker::fastcgi {

/// "unix:/run/php/php-fpm.sock" or "/run/php/php-fpm.sock", "127.0.0.1:9000", "[::1]:9000".
class PoolAddress {
public:
    /// Errors: BadConfig.
    [[nodiscard]] static base::Expected<PoolAddress> parse(const std::string& text);

    /// A connection that is being made: writable when it stands, or has failed.
    /// Errors: Io; TooManyInFlight when a unix pool's backlog is full.
    [[nodiscard]] base::Expected<posix::UniqueFd> connect() const;

    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string text_;
    sockaddr_storage address_{};
    socklen_t size_ = 0;
};

}  // namespace steward::worker::fastcgi
