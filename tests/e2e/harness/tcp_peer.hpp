// tests/e2e: one connection to a port of this machine, byte by byte.
#pragma once

#include <cstdint>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/e2e/harness/send_all.hpp"

namespace steward::e2e {

class TcpPeer {
public:
    /// Connects to "tcp://127.0.0.1:PORT".
    explicit TcpPeer(const std::string& endpoint)
        : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        REQUIRE(fd_ >= 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port =
            htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
        REQUIRE(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }

    ~TcpPeer() { ::close(fd_); }

    TcpPeer(const TcpPeer&) = delete;
    TcpPeer& operator=(const TcpPeer&) = delete;

    /// Waits until the system has taken them; false when the other end has closed.
    [[nodiscard]] bool say(std::string_view bytes) const { return send_all(fd_, bytes); }

    /// Waits for so many.
    [[nodiscard]] std::string hear(std::size_t count) const {
        std::string bytes(count, '\0');
        REQUIRE(::recv(fd_, bytes.data(), count, MSG_WAITALL) == static_cast<ssize_t>(count));
        return bytes;
    }

    [[nodiscard]] int fd() const { return fd_; }

private:
    int fd_;
};

}  // namespace steward::e2e
