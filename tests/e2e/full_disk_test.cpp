// tests/e2e: what goes on while a durable job waits for a disk that takes nothing more.
#include <csignal>
#include <sys/resource.h>

#include <doctest/doctest.h>

#include "tests/e2e/harness/native_peer.hpp"
#include "tests/e2e/harness/old_worker.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

using namespace native;
using nlohmann::json;

namespace {

/// How large files of the broker may become.
void set_room(Broker& broker, rlim_t bytes) {
    const rlimit limit{bytes, RLIM_INFINITY};
    REQUIRE(::prlimit(broker.process().pid(), RLIMIT_FSIZE, &limit, nullptr) == 0);
}

constexpr int kDiskFull = 1210;

}  // namespace

TEST_CASE("Beside a durable job that waits for room its client's calls and refusals go on") {
    Broker broker({{}, "[broker]\ndrain_limit = \"1s\"\n[lifecycle]\nenabled = false\n", {}});
    OldWorker worker(Old::Mdp02, "well", broker.endpoints().backend);
    worker.ready();
    broker.wait_until_served("well");
    NativePeer client(broker.endpoints().frontend);
    client.hello();
    set_room(broker, 1);
    client.submit(1, "well", false);
    worker.complete(worker.job(), {"done"});
    client.submit(2, "well", true);
    worker.complete(worker.job(), {"yes"});
    CHECK(client.next(kResult).at(1) == 2);
    // It is noticed with the first write that fails.
    std::uint64_t number = 2;
    json refused;
    CHECK(wait_until([&] {
        client.submit(++number, "well", false);
        refused = client.next(kRefused, std::chrono::milliseconds(100));
        return refused.is_array();
    }));
    CHECK(refused.at(1) == number);
    CHECK(refused.at(2) == kDiskFull);
    CHECK_FALSE(client.heard(kAccepted));

    SUBCASE("there is room again") {
        set_room(broker, RLIM_INFINITY);
        CHECK(client.next(kAccepted).at(1) == 1);
    }
    SUBCASE("the broker is told to end") {
        broker.process().signal(SIGTERM);
        CHECK(broker.process().wait_for_line("answers were not given").has_value());
        CHECK(broker.process().wait() == 1);
        CHECK_FALSE(client.heard(kAccepted));
    }
}

}  // namespace steward::e2e
