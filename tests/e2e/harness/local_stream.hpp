// tests/e2e: one local stream to a broker or worker, byte by byte, for what no library would send.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/e2e/harness/send_all.hpp"

namespace steward::e2e {

class LocalStream {
public:
    /// Connects to the stream beside "tcp://HOST:PORT". Says nothing yet.
    explicit LocalStream(const std::string& endpoint)
        : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const std::string name = "steward/" + endpoint.substr(std::string_view("tcp://").size());
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        REQUIRE(fd_ >= 0);
        REQUIRE(name.size() + 1 < sizeof address.sun_path);
        std::copy(name.begin(), name.end(), address.sun_path + 1);
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
        CHECK(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
    }

    ~LocalStream() { ::close(fd_); }

    LocalStream(const LocalStream&) = delete;
    LocalStream& operator=(const LocalStream&) = delete;

    /// Waits until the system has taken them; false when the other end has closed.
    [[nodiscard]] bool say(std::string_view bytes) const { return send_all(fd_, bytes); }

    [[nodiscard]] static std::string opening() { return {"STEWARD\x01", 8}; }

    [[nodiscard]] static std::string header(std::size_t size, bool more) {
        const auto number = static_cast<unsigned>(size) | (more ? 1U << 31U : 0U);
        std::string bytes;
        for (const unsigned shift : {24U, 16U, 8U, 0U}) {
            bytes += static_cast<char>(number >> shift & 0xFFU);
        }
        return bytes;
    }

private:
    int fd_;
};

}  // namespace steward::e2e
