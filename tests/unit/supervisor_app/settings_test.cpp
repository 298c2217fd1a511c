// tests/unit/supervisor_app: from the configuration to what is run and how many.
#include "supervisor/app/settings.hpp"

#include <algorithm>
#include <csignal>
#include <string>

#include <doctest/doctest.h>

#include "supervisor/app/broker_watch.hpp"
#include "supervisor/app/launch.hpp"
#include "supervisor/app/settings_pool.hpp"
#include "supervisor/process/line_splitter.hpp"

using namespace steward;
using namespace steward::supervisor;

namespace {

base::Expected<void> load(SupervisorSettings& settings, const std::string& text) {
    auto loaded = schema_of(settings).load(text, "test");
    for (const PoolRow* row : settings.rows()) {
        loaded = loaded ? check_row(*row) : loaded;
    }
    return loaded;
}

PoolRow row_of(const std::string& text) {
    SupervisorSettings settings;
    REQUIRE(load(settings, "[[pool]]\nname = \"p\"\nprogram = \"prog\"\n" + text).has_value());
    return settings.pools.at(0);
}

bool is_refused(const std::string& text) {
    SupervisorSettings settings;
    return !load(settings, "[[pool]]\nname = \"p\"\nprogram = \"prog\"\n" + text).has_value();
}

bool has(const std::vector<std::string>& list, const std::string& entry) {
    return std::ranges::find(list, entry) != list.end();
}

}  // namespace

TEST_CASE("How many: a number, auto, and what may be scaled") {
    const SupervisorSettings settings;
    CHECK(plan_of(row_of("count = 3"), settings, 8).count == 3);
    CHECK(plan_of(row_of("count = \"auto\""), settings, 8).count == 8);
    const std::string scaled = "services = [\"s\"]\nmin = 2\nmax = 4\n";
    CHECK(plan_of(row_of(scaled + "count = \"auto\""), settings, 8).count == 4);
    CHECK(plan_of(row_of(scaled + "count = \"auto\""), settings, 1).count == 2);
    const PoolPlan fixed = plan_of(row_of("count = 3"), settings, 8);
    CHECK(fixed.scale.min == 3);
    CHECK(fixed.scale.max == 3);
    CHECK(is_refused("count = 1001"));
    CHECK(is_refused("count = -1"));
    CHECK(is_refused("count = \"many\""));
    CHECK(is_refused("min = 1"));  // by what would it follow?
    CHECK(is_refused("services = [\"s\"]\nmin = 3\nmax = 2"));
    CHECK(is_refused("services = [\"s\"]\ncount = 1\nmin = 2\nmax = 4"));
}

TEST_CASE("Names, signals, limits and assignments are checked where they are written") {
    CHECK(is_refused("stop_signal = \"KILL\""));
    CHECK(is_refused("limits = [\"files=3\"]"));
    CHECK(is_refused("limits = [\"nofile=many\"]"));
    CHECK_FALSE(
        is_refused("limits = [\"nofile=4096\", \"address_space=2GiB\", \"core=unlimited\"]"));
    CHECK(is_refused("env = [\"NAME\"]"));
    CHECK(is_refused("nice = 20"));
    CHECK_FALSE(is_refused("nice = -20"));
    SupervisorSettings settings;
    CHECK_FALSE(load(settings, "[[pool]]\nname = \"a/b\"\nprogram = \"p\"\n"));
    CHECK_FALSE(load(settings, "[[pool]]\nname = \"supervisor\"\nprogram = \"p\"\n"));
    CHECK_FALSE(load(settings, "[[pool]]\nname = \"a\"\n"));
    CHECK(load(settings, "[broker]\nclient_port = \"anything\"\n"));  // not ours to judge
    CHECK(signal_number("USR2") == SIGUSR2);
}

TEST_CASE("Only what a running process would have to be replaced for is in its launch text") {
    const SupervisorSettings settings;
    const auto launch = [&](const std::string& text) {
        return plan_of(row_of(text), settings, 1).launch;
    };
    const std::string plain = launch("");
    CHECK(launch("count = 5\nstop_grace = \"1s\"\nroles = [\"x\"]") == plain);
    for (const char* text : {"args = [\"-x\"]",
                             "env = [\"A=1\"]",
                             "user = \"nobody\"",
                             "nice = 1",
                             "limits = [\"core=0\"]",
                             "directory = \"/tmp\"",
                             "max_jobs = 5",
                             "watchdog = \"1s\"",
                             "port_flags = false"}) {
        CHECK_MESSAGE(launch(text) != plain, text);
    }
}

TEST_CASE("Processes are listed for scripts, those that are chosen") {
    SupervisorSettings settings;
    REQUIRE(
        load(settings,
             "[[pool]]\nname = \"w\"\nprogram = \"p\"\ncount = 2\nroles = [\"night\"]\n"
             "[[process]]\nname = \"b\"\nkind = \"server\"\nprogram = \"q\"\nargs = [\"-a\"]\n"));
    CHECK(processes_text(settings, {}, 1) == "b\tserver\tq\t-a\nw.1\tworker\tp\nw.2\tworker\tp\n");
    CHECK(processes_text(settings, {.kind = "server"}, 1) == "b\tserver\tq\t-a\n");
    CHECK(processes_text(settings, {.roles = {"night", "day"}}, 1) ==
          "w.1\tworker\tp\nw.2\tworker\tp\n");
    CHECK(processes_text(settings, {.pools = {"b"}, .roles = {"night"}}, 1).empty());
}

TEST_CASE("Where a broker is is read from its own line") {
    const auto place = place_in(
        "steward-broker ready: clients tcp://0.0.0.0:5555 workers tcp://127.0.0.1:5556 news "
        "tcp://127.0.0.1:5557 pid 4711 version 0.1.0");
    REQUIRE(place.has_value());
    CHECK(place->clients == "tcp://127.0.0.1:5555");
    CHECK(place->workers == "tcp://127.0.0.1:5556");
    CHECK_FALSE(place_in("steward-broker ready: clients nowhere").has_value());
    CHECK_FALSE(place_in("clients tcp://a:1 workers tcp://a:2").has_value());
}

TEST_CASE("A worker is told ports before its own args, and what watches over it") {
    LaunchPlace at;
    at.program_dir = "/nowhere";
    at.notify_socket = "@x";
    at.broker = BrokerPlace{"tcp://127.0.0.1:1", "tcp://127.0.0.1:2"};
    at.environment = {"PATH=/bin", "NOTIFY_SOCKET=/old", "WATCHDOG_USEC=1", "A=0"};
    const Launch launch = launch_of(
        row_of("args = [\"-v\"]\nenv = [\"A=1\"]\nwatchdog = \"2s\"\nmax_jobs = 7\n"), "p.1", at);
    CHECK(launch.guardian == "/nowhere/steward-guardian");
    CHECK(launch.orders.command ==
          std::vector<std::string>{"prog", "--frontend-port", "1", "--backend-port", "2", "-v"});
    CHECK(has(launch.environment, "A=1"));
    CHECK_FALSE(has(launch.environment, "A=0"));
    CHECK(has(launch.environment, "NOTIFY_SOCKET=@x"));
    CHECK_FALSE(has(launch.environment, "NOTIFY_SOCKET=/old"));
    CHECK(has(launch.environment, "WATCHDOG_USEC=2000000"));
    CHECK(has(launch.environment, "STEWARD_MAX_JOBS=7"));
    CHECK(has(launch.environment, "STEWARD_PROCESS=p.1"));
    CHECK(launch_of(row_of("port_flags = false"), "p", at).orders.command.size() == 1);
    CHECK(launch_of(row_of("kind = \"server\""), "p", at).orders.command.size() == 1);
}

TEST_CASE("What is started is told the keys of the configuration, unless its own env says other") {
    LaunchPlace at;
    CHECK_FALSE(launch_of(row_of(""), "p", at).environment.back().starts_with("STEWARD_SERVER"));
    at.environment = {"STEWARD_KEY_FILE=/old.key"};
    at.keys = {"credential:own.key", "/etc/server.pub"};
    const Launch launch = launch_of(row_of(""), "p", at);
    CHECK(has(launch.environment, "STEWARD_KEY_FILE=credential:own.key"));
    CHECK(has(launch.environment, "STEWARD_SERVER_KEY_FILE=/etc/server.pub"));
    CHECK_FALSE(has(launch.environment, "STEWARD_KEY_FILE=/old.key"));
    const Launch other = launch_of(row_of("env = [\"STEWARD_KEY_FILE=/other.key\"]"), "p", at);
    CHECK(has(other.environment, "STEWARD_KEY_FILE=/other.key"));
    CHECK_FALSE(has(other.environment, "STEWARD_KEY_FILE=credential:own.key"));
    at.keys = {"own.key", "server.pub"};  // a child may run in another folder
    CHECK_FALSE(has(launch_of(row_of(""), "p", at).environment, "STEWARD_KEY_FILE=own.key"));
}

TEST_CASE("A worker of this machine is known by the name that it tells the broker") {
    CHECK(local_pid_in("steward-cpp here:4711", "here") == 4711);
    CHECK(local_pid_in("steward-cpp there:4711", "here") == 0);
    CHECK(local_pid_in("steward-cpp", "here") == 0);
    CHECK(local_pid_in("steward-cpp here:4x", "here") == 0);
    CHECK(local_pid_in("", "here") == 0);
}

TEST_CASE("Bytes become lines wherever they are cut; a line without end is cut itself") {
    std::vector<std::string> lines;
    const auto take = [&](std::string_view line) { lines.emplace_back(line); };
    LineSplitter splitter;
    splitter.feed("on", take);
    splitter.feed("e\n\ntw", take);
    CHECK(lines == std::vector<std::string>{"one", ""});
    splitter.feed("o", take);
    splitter.finish(take);
    splitter.finish(take);
    CHECK(lines == std::vector<std::string>{"one", "", "two"});
    lines.clear();
    splitter.feed(std::string(LineSplitter::kLineBytesMax, 'x'), take);
    CHECK(lines.size() == 1);
    splitter.feed("y\n", take);
    CHECK(lines.size() == 2);
    CHECK(lines[1] == "y");
}
