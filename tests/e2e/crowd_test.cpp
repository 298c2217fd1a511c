// tests/e2e: more connections than there is room for. Whoever is there goes on, who comes is
// counted in the log, and there is room again as soon as somebody leaves.
#include <filesystem>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <vector>

#include <doctest/doctest.h>

#include "tests/e2e/harness/local_stream.hpp"
#include "tests/e2e/harness/wait_until.hpp"
#include "tests/e2e/harness/zmtp_peer.hpp"
#include "tests/e2e/hostile_house.hpp"

namespace steward::e2e {

namespace {

bool is_served(const Broker& broker) {
    return run(broker.tool({"services"})).code == 0;
}

// What a process may open from now on, beyond what it has open; as it was when this goes.
class FewDescriptors {
public:
    FewDescriptors(const Process& process, rlim_t more) : pid_(process.pid()) {
        const std::string open = "/proc/" + std::to_string(pid_) + "/fd/";
        rlim_t unused = 0;
        while (std::filesystem::is_symlink(open + std::to_string(unused))) {
            ++unused;
        }
        REQUIRE(::prlimit(pid_, RLIMIT_NOFILE, nullptr, &before_) == 0);
        const rlimit few{unused + more, before_.rlim_max};
        REQUIRE(::prlimit(pid_, RLIMIT_NOFILE, &few, nullptr) == 0);
    }

    ~FewDescriptors() { CHECK(::prlimit(pid_, RLIMIT_NOFILE, &before_, nullptr) == 0); }

    FewDescriptors(const FewDescriptors&) = delete;
    FewDescriptors& operator=(const FewDescriptors&) = delete;

private:
    pid_t pid_;
    rlimit before_{};
};

}  // namespace

TEST_CASE("Beyond peers_max connections a port closes whoever comes, and says so in the log") {
    Broker broker(with("peers_max = 3\n"));
    std::vector<std::unique_ptr<ZmtpPeer>> there(3);
    for (std::unique_ptr<ZmtpPeer>& one : there) {
        one = std::make_unique<ZmtpPeer>(broker.endpoints().frontend);
    }
    const LocalStream one_more(broker.endpoints().frontend);
    CHECK(broker.process().wait_for_line("connections_full"));
    CHECK(broker.process().wait_for_line("limits.peers_max"));
    there.pop_back();
    CHECK(wait_until([&] { return is_served(broker); }));
}

TEST_CASE("Without a descriptor for one more whoever connects waits, and the log says why") {
    Broker broker(with(""));
    REQUIRE(is_served(broker));
    std::vector<std::unique_ptr<LocalStream>> crowd(8);
    {
        const FewDescriptors few(broker.process(), 2);
        for (std::unique_ptr<LocalStream>& one : crowd) {
            one = std::make_unique<LocalStream>(broker.endpoints().frontend);
        }
        CHECK(broker.process().wait_for_line("descriptors_out"));
    }
    CHECK(is_served(broker));
}

}  // namespace steward::e2e
