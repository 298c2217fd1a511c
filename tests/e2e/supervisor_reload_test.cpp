// tests/e2e: what a reload or a command changes for processes that run on: their names, limits and
// broker; and a kill switch or a command that cannot be understood.
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/send_all.hpp"
#include "tests/e2e/harness/supervised.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e::reload {

namespace {

using nlohmann::json;

std::string calm(const std::string& name, const std::string& more = {}) {
    return "[[pool]]\nname = \"" + name + "\"\nprogram = \"$DIR/" + name +
           "\"\nport_flags = false\n" + more + "\n";
}

/// The log of the supervisor itself.
bool has_said(Supervised& house, std::string_view text) {
    return wait_until(
        [&] { return house.process().standard_error().find(text) != std::string::npos; });
}

/// The first number in run/NAME.pid; 0: there is no such file.
pid_t filed_pid(const Supervised& house, const std::string& name) {
    std::ifstream file(house.path("run/" + name + ".pid"));
    pid_t pid = 0;
    file >> pid;
    return pid;
}

/// What the control socket answers to a line; empty: it hangs up.
std::string answer_to(const Supervised& house, const std::string& line) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    house.path("run/supervisor.sock").copy(address.sun_path, sizeof address.sun_path - 1);
    std::string answer;
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        send_all(fd, line + "\n")) {
        char byte = 0;
        while (::recv(fd, &byte, 1, 0) == 1 && byte != '\n') {
            answer += byte;
        }
    }
    ::close(fd);
    return answer;
}

}  // namespace

TEST_CASE("A command whose members are of another kind is answered, and nothing ends by it") {
    Supervised house(calm("calm"));
    house.script("calm", "exec sleep 600");
    house.start();
    REQUIRE(house.all_run(1));
    for (const char* line : {R"({"verb": 1})",
                             R"({"verb": "ps", "pools": 1})",
                             R"({"verb": "start", "pools": {}, "kind": 2, "roles": "x"})",
                             R"({"verb": "start", "wait_ms": "long"})",
                             R"({"verb": "start", "wait_ms": 1e300})",
                             R"({"verb": "refresh", "percent": "all"})",
                             R"({"verb": "scale", "pool": 1, "count": "many"})",
                             R"({"verb": "restart", "pools": [1, null]})",
                             R"({"verb": "stop", "shut_down": 1})",
                             R"({"verb": "stop", "shut_down": "yes"})"}) {
        const json answer = json::parse(answer_to(house, line), nullptr, false);
        CHECK_MESSAGE((answer.is_object() && answer.contains("ok")), line);
    }
    house.say({"supervisor", "start"});
    CHECK(house.all_run(1));
}

TEST_CASE("Workers follow a broker that goes by another name after a reload") {
    const auto config = [](const std::string& name) {
        return "restart_pause_first = \"200ms\"\n[[process]]\nname = \"" + name +
               "\"\nkind = \"server\"\nprogram = \"$DIR/broker\"\n"
               "args = [\"--config\", \"$DIR/steward.toml\"]\nnotify = true\n"
               "[[pool]]\nname = \"trial\"\nprogram = \"$DIR/worker\"\ncount = 2\n"
               "services = [\"TRIAL\"]\nnotify = true\n";
    };
    Supervised house(config("broker"));
    house.script("broker", "exec " + built_program("steward-broker") + " \"$@\" --worker-port 0");
    house.script("worker", "exec " + built_program(kTrialProgram) + " --backend-port 9 \"$@\"");
    house.start();
    REQUIRE(house.all_run(3));
    const pid_t before = house.pid_of("trial.1");
    house.write_config(config("other"));
    house.say({"supervisor", "reload"});
    CHECK(wait_until([&] { return house.runs("other") && house.ps("broker").is_null(); }));
    CHECK(wait_until([&] { return house.pid_of("trial.1") != before && house.runs("trial.1"); }));
    CHECK(house.all_run(3));
    CHECK(has(house.say({"call", "TRIAL", "{}"}), "attempt"));
}

TEST_CASE("A pool of one that grows keeps its processes apart, and its pid files their names") {
    Supervised house(calm("calm"));
    house.script("calm", "exec sleep 600");
    house.start();
    REQUIRE(house.all_run(1));
    const pid_t first = house.pid_of("calm");
    CHECK(filed_pid(house, "calm") == first);

    house.say({"supervisor", "scale", "calm", "3"});
    REQUIRE(house.all_run(3));
    for (const char* name : {"calm", "calm.2", "calm.3"}) {
        CHECK(house.pid_of(name) != 0);
        CHECK(filed_pid(house, name) == house.pid_of(name));
    }
    CHECK(house.pid_of("calm") == first);

    house.write_config(calm("calm", "count = 2"));
    house.say({"supervisor", "reload"});
    REQUIRE(wait_until([&] { return house.ps().size() == 2; }));
    CHECK(house.pid_of("calm.1") == first);
    CHECK(filed_pid(house, "calm.1") == first);
    CHECK(filed_pid(house, "calm.2") == house.pid_of("calm.2"));
    CHECK(filed_pid(house, "calm") == 0);

    house.write_config(calm("calm"));
    house.say({"supervisor", "reload"});
    REQUIRE(wait_until([&] { return house.ps().size() == 1; }));
    CHECK(house.pid_of("calm") == first);
    CHECK(filed_pid(house, "calm") == first);
    CHECK(filed_pid(house, "calm.1") == 0);
    house.say({"supervisor", "stop", "calm"});
    CHECK(filed_pid(house, "calm") == 0);
}

TEST_CASE("Another memory_limit and another stop_signal are for those that run as well") {
    Supervised house(calm("big") + calm("deaf", "stop_grace = \"20s\""));
    house.script("big", "exec sleep 600");
    house.script(
        "deaf", "trap '' TERM\ntrap 'exit 0' INT\ntouch deaf-listens\nwhile :; do sleep 0.1; done");
    house.start();
    REQUIRE(house.all_run(2));
    REQUIRE(wait_until([&] { return std::filesystem::exists(house.path("deaf-listens")); }));
    const pid_t big = house.pid_of("big");
    const pid_t deaf = house.pid_of("deaf");
    house.write_config(calm("big", "memory_limit = \"1MiB\"") +
                       calm("deaf", "stop_grace = \"20s\"\nstop_signal = \"INT\""));
    house.say({"supervisor", "reload"});
    CHECK(has_said(house, "its memory_limit is 1048576"));
    CHECK(wait_until([&] {
        const pid_t now = house.pid_of("big");
        return now != 0 && now != big;
    }));
    CHECK(house.pid_of("deaf") == deaf);
    house.say({"supervisor", "stop", "deaf"});
    CHECK(house.ps("deaf")["last_end"] == "exit code 0");
}

TEST_CASE("While the kill switch cannot be read after a start, no worker is started") {
    Supervised house(
        "[[process]]\nname = \"server\"\nkind = \"server\"\nprogram = \"$DIR/calm\"\n" +
        calm("calm"));
    house.script("calm", "[ $STEWARD_PROCESS = calm ] && touch has-worked\nexec sleep 600");
    std::filesystem::create_directory(house.path("run"));
    std::ofstream(house.path("run/kill-switch.json")) << "nonsense";
    house.start();
    CHECK(has_said(house, "kill_switch_unreadable"));
    CHECK(wait_until([&] { return house.runs("server"); }));
    CHECK(house.ps("calm")["state"] == "disabled");
    CHECK_FALSE(std::filesystem::exists(house.path("has-worked")));
    std::ofstream(house.path("run/kill-switch.json")) << R"({"global": false, "services": []})";
    CHECK(house.all_run(2));
    // What was read once stays.
    std::ofstream(house.path("run/kill-switch.json")) << "nonsense";
    house.say({"supervisor", "restart", "calm"});
    CHECK(house.all_run(2));
}

TEST_CASE("Whoever throws the kill switch is told when the supervisor cannot read it") {
    Supervised house(calm("calm", "services = [\"OTHER\"]"));
    house.script("calm", "exec sleep 600");
    house.start();
    REQUIRE(house.all_run(1));
    std::ofstream(house.path("run/kill-switch.json")) << "nonsense";
    const Finished told = house.run({"disable", "OTHER", "--kill-switch", house.path("elsewhere")});
    CHECK(told.code == kRefused);
    CHECK(has(told.err, "kill-switch.json is no kill switch"));
    CHECK(has(told.err, "supervisor"));
}

}  // namespace steward::e2e::reload
