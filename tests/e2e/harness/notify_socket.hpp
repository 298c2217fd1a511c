// tests/e2e: who watches over a process, as systemd does: a socket for what it says of itself.
#pragma once

#include <map>
#include <set>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include <doctest/doctest.h>

#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

class NotifySocket {
public:
    explicit NotifySocket(std::string path)
        : path_(std::move(path)), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path_.copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }

    ~NotifySocket() { ::close(socket_); }

    NotifySocket(const NotifySocket&) = delete;
    NotifySocket& operator=(const NotifySocket&) = delete;

    /// A sign of life is wanted every second: the system keeps about ten words that were not read.
    [[nodiscard]] std::map<std::string, std::string> environment() const {
        return {{"NOTIFY_SOCKET", path_}, {"WATCHDOG_USEC", "2000000"}};
    }

    /// Waits until that is said.
    [[nodiscard]] bool hears(const std::string& word) {
        std::set<std::string> heard;
        return wait_until([&] {
            char text[256];
            const ssize_t got = ::recv(socket_, text, sizeof text, MSG_DONTWAIT);
            if (got > 0) {
                heard.insert(std::string(text, static_cast<std::size_t>(got)));
            }
            return heard.contains(word);
        });
    }

private:
    std::string path_;
    int socket_;
};

}  // namespace steward::e2e
