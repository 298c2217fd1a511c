// tests/e2e: steward-supervisor held up for a while, as by a pause of its machine, with much to
// hear afterwards.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>

#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/supervised.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e::pauses {

namespace {

using nlohmann::json;

std::string trial(const std::string& more) {
    return "[[pool]]\nname = \"trial\"\nprogram = \"" + std::string(kTrialProgram) +
           "\"\nservices = [\"TRIAL\"]\nnotify = true\n" + more + "\n";
}

}  // namespace

// More than a socket's queue has room for.
TEST_CASE("Of a crowd that is ready at once each is heard") {
    constexpr std::size_t kCrowd = 24;
    Supervised house(broker_process() + trial("count = " + std::to_string(kCrowd)));
    house.start();
    REQUIRE(wait_until([&] { return house.count("trial", "starting") > kCrowd / 2; }));
    house.process().signal(SIGSTOP);
    CHECK(wait_until([&] { return house.rows({"workers"}).size() == kCrowd; }));
    house.process().signal(SIGCONT);
    CHECK(house.all_run(1 + kCrowd));
}

// Signs of life that nobody could hear meanwhile are no silence: neither those that wait nor those
// that found no room.
TEST_CASE("A pause of the supervisor costs no process its life, and silence still does") {
    constexpr std::size_t kCrowd = 14;
    Supervised house(broker_process() + "watchdog = \"4s\"\n" +
                     trial("watchdog = \"4s\"\ncount = " + std::to_string(kCrowd)));
    house.start();
    REQUIRE(house.all_run(1 + kCrowd));
    const auto pids = [&] {
        std::map<std::string, int> all;
        for (const json& row : house.ps()) {
            all[row["process"]] = row["pid"];
        }
        return all;
    };
    auto before = pids();
    house.process().signal(SIGSTOP);
    house.say({"call", "TRIAL", R"({"seconds": 6})"});
    house.process().signal(SIGCONT);

    REQUIRE(::kill(before["trial.1"], SIGSTOP) == 0);
    CHECK(wait_until([&] {
        const int now = house.pid_of("trial.1");
        return now != 0 && now != before["trial.1"] && house.runs("trial.1");
    }));
    CHECK(house.ps("trial.1")["crashes"] == 1);
    auto after = pids();
    after.erase("trial.1");
    before.erase("trial.1");
    CHECK(after == before);
}

}  // namespace steward::e2e::pauses
