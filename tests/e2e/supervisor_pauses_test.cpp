// tests/e2e: steward-supervisor held up for a while, as by a pause of its machine, with much to
// hear afterwards.
#include <algorithm>
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
    const auto have_begun = [&] {
        const auto all = house.ps();
        return all.size() == 1 + kCrowd && std::ranges::none_of(all, [](const json& row) {
                   return row.value("state", "") == "stopped";
               });
    };
    REQUIRE(wait_until(have_begun));
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

// Its notification is read before the guardian's word of its pid.
TEST_CASE("One that is heard before its pid is known has its pid file all the same") {
    const auto python = [](const std::string& name) {
        return "[[pool]]\nname = \"" + name +
               "\"\nprogram = \"/usr/bin/python3\"\nargs = [\"$DIR/" + name +
               ".py\"]\nport_flags = false\nnotify = true\n";
    };
    Supervised house("program_dir = \"$DIR\"\n" + python("early") + python("late"));
    const std::string begin =
        "import os, socket, time\n"
        "watcher = '\\0' + os.environ['NOTIFY_SOCKET'][1:]\n"
        "def say(what):\n"
        "    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(what, watcher)\n"
        "say(b'READY=1')\nopen(os.environ['STEWARD_PROCESS'] + '-is-ready', 'w')\n";
    std::ofstream(house.path("early.py"))
        << begin << "while not os.path.exists('may-speak'): time.sleep(0.05)\n"
        << "say(b'STATUS=here')\nopen('has-spoken', 'w')\ntime.sleep(600)\n";
    std::ofstream(house.path("late.py")) << begin << "time.sleep(600)\n";
    house.script(
        "steward-guardian",
        "[ $STEWARD_PROCESS = early ] || while [ ! -e may-begin ]; do sleep 0.1; done\nexec " +
            built_program("steward-guardian") + " \"$@\"");
    const auto is_there = [&](const char* name) {
        return wait_until([&] { return std::filesystem::exists(house.path(name)); });
    };
    house.start();
    REQUIRE(wait_until([&] { return house.runs("early"); }));
    house.process().signal(SIGSTOP);
    std::ofstream(house.path("may-speak")) << "yes";
    REQUIRE(is_there("has-spoken"));
    std::ofstream(house.path("may-begin")) << "yes";
    REQUIRE(is_there("late-is-ready"));
    house.process().signal(SIGCONT);
    CHECK(house.all_run(2));
    CHECK(std::filesystem::exists(house.path("run/late.pid")));
    CHECK(house.process().wait_for_line("started name=late").has_value());
}

TEST_CASE("Who ends while it is told to give way gets a successor that nobody tells to") {
    Supervised house(
        "[[process]]\nname = \"broker\"\nkind = \"server\"\nprogram = \"$DIR/broker\"\n"
        "[[pool]]\nname = \"calm\"\nprogram = \"$DIR/calm\"\n");
    house.script(
        "broker",
        "while [ ! -e may-move ]; do sleep 0.1; done\n"
        "echo 'steward-broker ready: clients tcp://127.0.0.1:9 workers tcp://127.0.0.1:9'\n"
        "touch has-moved\nexec sleep 600");
    house.script("calm", "exec sleep 600");
    house.start();
    REQUIRE(house.all_run(2));
    const pid_t before = house.pid_of("calm");
    // Both at once, as the supervisor sees it.
    house.process().signal(SIGSTOP);
    std::ofstream(house.path("may-move")) << "yes";
    REQUIRE(wait_until([&] { return std::filesystem::exists(house.path("has-moved")); }));
    REQUIRE(wait_until([&] { return house.living().size() == 5; }));
    REQUIRE(::kill(before, SIGKILL) == 0);
    REQUIRE(wait_until([&] { return house.living().size() == 3; }));
    house.process().signal(SIGCONT);
    CHECK(wait_until([&] { return house.runs("calm") && house.pid_of("calm") != before; }));
    CHECK(house.ps("calm")["restarts"] == 1);
    CHECK(house.process().standard_error().find("signal 15") == std::string::npos);
}

}  // namespace steward::e2e::pauses
