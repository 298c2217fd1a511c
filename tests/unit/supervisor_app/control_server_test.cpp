// tests/unit/supervisor_app: who may be at the control socket, and how long a command may be.
#include "supervisor/app/control_server.hpp"

#include <array>
#include <filesystem>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

#include <doctest/doctest.h>

using namespace steward;
using namespace steward::supervisor;
using namespace std::chrono_literals;

namespace {

// A server that tells of each line how long it is.
struct Counter {
    Counter() {
        std::string name = "/tmp/steward-control-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder = name;
        auto opened = ControlServer::open(folder + "/s", watcher, [](base::MonoTime, auto& line) {
            const std::string size = std::to_string(line.size());
            return Reply{[size](base::MonoTime, bool) { return std::optional(size); }, {}};
        });
        REQUIRE(opened.has_value());
        server = std::move(*opened);
    }

    ~Counter() {
        server.reset();
        std::filesystem::remove_all(folder);
    }

    Counter(const Counter&) = delete;
    Counter& operator=(const Counter&) = delete;

    [[nodiscard]] posix::UniqueFd connect() const {
        posix::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        (folder + "/s").copy(address.sun_path, sizeof address.sun_path - 1);
        const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
        REQUIRE(::connect(fd.get(), generic, sizeof address) == 0);
        return fd;
    }

    /// What comes after these bytes; empty: the connection is closed.
    std::string answer_to(const posix::UniqueFd& fd, std::string bytes) {
        for (int turn = 0; turn < 1000; ++turn) {
            const ssize_t sent =
                ::send(fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            bytes.erase(0, sent > 0 ? static_cast<std::size_t>(sent) : 0);
            REQUIRE(watcher.wait(10ms).has_value());
            std::array<char, 100> heard{};
            const ssize_t got = ::recv(fd.get(), heard.data(), heard.size(), MSG_DONTWAIT);
            if (got > 0) {
                return {heard.data(), static_cast<std::size_t>(got)};
            }
            if (got == 0 || errno != EAGAIN) {
                return {};
            }
        }
        FAIL("neither an answer nor an end came");
        return {};
    }

    Watcher watcher = std::move(*Watcher::open());
    std::string folder;
    std::unique_ptr<ControlServer> server;
};

}  // namespace

TEST_CASE("A command with its end is as long as may be; a byte more ends the connection") {
    Counter counter;
    const std::string longest(ControlServer::kLineBytesMax - 1, 'x');
    const posix::UniqueFd fd = counter.connect();
    CHECK(counter.answer_to(fd, longest + "\n") == "65535\n");
    CHECK(counter.answer_to(fd, "next\n") == "4\n");
    CHECK(counter.answer_to(fd, longest + "xx").empty());
}

TEST_CASE("One connection more than may be is closed, and one that leaves makes room") {
    Counter counter;
    std::vector<posix::UniqueFd> all;
    for (std::size_t i = 0; i < ControlServer::kConnectionsMax; ++i) {
        all.push_back(counter.connect());
        REQUIRE(counter.answer_to(all.back(), "one\n") == "3\n");
    }
    CHECK(counter.answer_to(counter.connect(), "one\n").empty());
    all.pop_back();
    REQUIRE(counter.watcher.wait(1s).has_value());
    CHECK(counter.answer_to(counter.connect(), "three\n") == "5\n");
}
