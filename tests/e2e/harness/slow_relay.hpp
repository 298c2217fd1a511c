// tests/e2e: a network that is slow: a port of the loopback that hands on to another, so many bytes
// a second each way, for one connection at a time and as many after the other as come.
#pragma once

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <doctest/doctest.h>

namespace steward::e2e {

class SlowRelay {
public:
    /// `target`: "tcp://127.0.0.1:PORT".
    SlowRelay(const std::string& target, std::size_t bytes_per_second)
        : target_(std::stoi(target.substr(target.rfind(':') + 1))),
          bytes_per_second_(bytes_per_second),
          listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address = address_of(0);
        socklen_t size = sizeof address;
        REQUIRE(::bind(listening_, generic(address), size) == 0);
        REQUIRE(::listen(listening_, 16) == 0);
        REQUIRE(::getsockname(listening_, generic(address), &size) == 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { run(); });
    }

    ~SlowRelay() {
        is_over_ = true;
        thread_.join();
        ::close(listening_);
    }

    SlowRelay(const SlowRelay&) = delete;
    SlowRelay& operator=(const SlowRelay&) = delete;

    [[nodiscard]] std::string endpoint() const {
        return "tcp://127.0.0.1:" + std::to_string(port_);
    }

    /// Connections so far.
    [[nodiscard]] int connections() const { return connections_; }

private:
    static constexpr std::chrono::milliseconds kTick{10};

    static sockaddr_in address_of(int port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        return address;
    }

    static sockaddr* generic(sockaddr_in& address) { return reinterpret_cast<sockaddr*>(&address); }

    void run() {
        while (!is_over_) {
            pollfd waits{listening_, POLLIN, 0};
            if (::poll(&waits, 1, static_cast<int>(kTick.count())) <= 0) {
                continue;
            }
            const int near = ::accept(listening_, nullptr, nullptr);
            const int far = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            sockaddr_in address = address_of(target_);
            ++connections_;
            if (::connect(far, generic(address), sizeof address) == 0) {
                relay(near, far);
            }
            ::close(near);
            ::close(far);
        }
    }

    void relay(int near, int far) {
        const std::size_t each = bytes_per_second_ / (1000 / static_cast<unsigned>(kTick.count()));
        std::string bytes(each, '\0');
        while (!is_over_ && move_some(near, far, bytes) && move_some(far, near, bytes)) {
            // Until the next tick, which is the rate, or the end of both.
            std::array<pollfd, 2> ends{{{near, 0, 0}, {far, 0, 0}}};
            ::poll(ends.data(), ends.size(), static_cast<int>(kTick.count()));
        }
    }

    // False: one end has closed.
    static bool move_some(int from, int to, std::string& bytes) {
        const ssize_t got = ::recv(from, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (got < 0) {
            return errno == EAGAIN;
        }
        const auto size = static_cast<std::size_t>(got);
        return got > 0 && ::send(to, bytes.data(), size, MSG_NOSIGNAL) == got;
    }

    int target_;
    std::size_t bytes_per_second_;
    int listening_;
    int port_ = 0;
    std::atomic<int> connections_ = 0;
    std::atomic<bool> is_over_ = false;
    std::thread thread_;
};

}  // namespace steward::e2e
