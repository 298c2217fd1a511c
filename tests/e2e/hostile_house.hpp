// tests/e2e: a broker with small limits, and those who want to be served by it whatever others do.
#pragma once

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/e2e/harness/broker.hpp"
#include "tests/e2e/harness/native_peer.hpp"
#include "tests/e2e/harness/old_client.hpp"
#include "tests/e2e/harness/old_worker.hpp"

namespace steward::e2e {

using Clock = std::chrono::steady_clock;

/// A well-behaved worker and client, whose calls prove that others are served.
class Others {
public:
    explicit Others(const Broker& broker)
        : worker_(Old::Mdp02, "well", broker.endpoints().backend),
          client_(Old::Mdp01, broker.endpoints().frontend) {
        worker_.ready();
        broker.wait_until_served("well");
    }

    Clock::duration call() {
        const Clock::time_point start = Clock::now();
        client_.request("well", {"still", "there"});
        const HeldJob job = worker_.job();
        CHECK(shown(job.body) == shown({"still", "there"}));
        worker_.complete(job, {"yes"});
        CHECK(shown(client_.answer().body) == shown({"yes"}));
        return Clock::now() - start;
    }

private:
    OldWorker worker_;
    OldClient client_;
};

inline constexpr std::size_t kMiB = 1UL << 20U;

/// Of messages, since the broker began.
inline std::uint64_t count_of(const Broker& broker, const char* kind) {
    return figures(broker).at("messages").at(kind).get<std::uint64_t>();
}

/// The most memory that it ever had.
inline std::size_t peak_mib(const Process& process) {
    std::ifstream status("/proc/" + std::to_string(process.pid()) + "/status");
    for (std::string word; status >> word;) {
        if (word == "VmHWM:") {
            std::size_t kib = 0;
            status >> kib;
            return kib >> 10U;
        }
    }
    return 0;
}

/// Who serves ZeroMQ's peers.
enum class ServedBy : std::uint8_t { Loop, Libzmq };

/// Both, one after the other: the test runs for each.
inline ServedBy either_way() {
    ServedBy by = ServedBy::Loop;
    SUBCASE("in the broker's loop") {}
    SUBCASE("with libzmq") {
        by = ServedBy::Libzmq;
    }
    return by;
}

inline BrokerOptions with(const std::string& limits, ServedBy by = ServedBy::Loop) {
    return {{},
            "[broker]\nheartbeat_interval = \"10s\"\nsettle = \"0s\"\nzmtp_in_loop = " +
                std::string(by == ServedBy::Loop ? "true" : "false") + "\n[limits]\n" + limits,
            {}};
}

/// Of at least one.
inline std::chrono::microseconds p99_of(std::vector<Clock::duration> took) {
    std::ranges::sort(took);
    return std::chrono::duration_cast<std::chrono::microseconds>(took.at(took.size() * 99 / 100));
}

}  // namespace steward::e2e
