// tests/e2e: what operators and load change while the supervisor runs: refresh, reload, scale, kill
// switch.
#include <csignal>
#include <fstream>
#include <future>
#include <map>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/supervised.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

namespace {

using nlohmann::json;

// Nobody is held for lost who was not heard for a while.
const std::map<std::string, std::string> kSlowHeartbeats = {{"HEARTBEAT_INTERVAL", "5"}};

std::string trial(const std::string& more) {
    return "[[pool]]\nname = \"trial\"\nprogram = \"" + std::string(kTrialProgram) +
           "\"\nservices = [\"TRIAL\"]\nnotify = true\n" + more + "\n";
}

std::string calm(const std::string& name, const std::string& more = {}) {
    return "[[pool]]\nname = \"" + name + "\"\nprogram = \"$DIR/calm\"\nport_flags = false\n" +
           more + "\n";
}

/// A broker and workers by scripts of these names; the workers' default is a port of nobody.
std::string broker_and_workers() {
    return "[[process]]\nname = \"broker\"\nkind = \"server\"\nprogram = \"$DIR/broker\"\n"
           "args = [\"--config\", \"$DIR/steward.toml\"]\nnotify = true\n"
           "[[pool]]\nname = \"trial\"\nprogram = \"$DIR/worker\"\ncount = 2\n"
           "services = [\"TRIAL\"]\nnotify = true\n";
}

void write_worker(const Supervised& house) {
    house.script("worker", "exec " + built_program(kTrialProgram) + " --backend-port 9 \"$@\"");
}

void submit_many(const Supervised& house, std::size_t count, const std::string& params) {
    house.say({"submit", "TRIAL", params, "--count", std::to_string(count)});
}

json service(const Supervised& house) {
    for (json& row : house.rows({"services"})) {
        if (row.value("service", "") == "TRIAL") {
            return row;
        }
    }
    return json::object();
}

std::string refresh_of(const Supervised& house, const std::string& process) {
    const json row = house.ps(process);
    return row.is_null() ? "" : row.value("refresh", "");
}

/// `steward supervisor refresh`, in the background: it ends when the refresh has.
std::future<Finished> begin_refresh(const Supervised& house,
                                    const std::string& pool,
                                    const std::string& percent) {
    return std::async(std::launch::async, [&house, pool, percent] {
        return house.run({"supervisor", "refresh", pool, "--percent", percent});
    });
}

}  // namespace

TEST_CASE("Workers that began before their broker find it when it begins") {
    Supervised house(broker_and_workers());
    house.script("broker",
                 "[ -e may-begin ] || exit 1\nexec " + built_program("steward-broker") + " \"$@\"");
    write_worker(house);
    house.start();
    REQUIRE(wait_until([&] { return house.count("trial", "starting") == 2; }));
    std::ofstream(house.path("may-begin")) << "yes";
    CHECK(house.all_run(3));
    submit_many(house, 10, R"({})");
    CHECK(wait_until([&] { return service(house).value("succeeded", 0) == 10; }));
}

TEST_CASE("Workers follow their broker to another port") {
    Supervised house(broker_and_workers());
    house.script("broker", "exec " + built_program("steward-broker") + " \"$@\" --worker-port 0");
    write_worker(house);
    house.start();
    REQUIRE(house.all_run(3));
    const pid_t before = house.pid_of("trial.1");
    house.say({"supervisor", "restart", "broker"});
    CHECK(wait_until([&] { return house.pid_of("trial.1") != before && house.runs("trial.1"); }));
    CHECK(house.all_run(3));
    CHECK(house.ps("trial.1")["crashes"] == 0);
    submit_many(house, 10, R"({})");
    CHECK(wait_until([&] { return service(house).value("succeeded", 0) == 10; }));
}

TEST_CASE("A rolling refresh under load loses no job and disturbs none") {
    Supervised house(broker_process() + trial("count = 3"));
    house.start(kSlowHeartbeats);
    REQUIRE(house.all_run(4));
    std::vector<pid_t> before;
    for (const char* name : {"trial.1", "trial.2", "trial.3"}) {
        before.push_back(house.pid_of(name));
    }
    submit_many(house, 150, R"({"seconds": 0.05})");
    CHECK(has(house.say({"supervisor", "refresh", "trial"}), "trial: done, 3 of 3"));
    for (std::size_t i = 0; i < before.size(); ++i) {
        CHECK(house.pid_of("trial." + std::to_string(i + 1)) != before[i]);
    }
    CHECK(wait_until([&] { return service(house).value("succeeded", 0) == 150; }));
    CHECK(service(house)["failed"] == 0);
    const auto figures = house.rows({"broker"});
    REQUIRE(figures.size() == 1);
    CHECK(figures[0]["lost"] == 0);
    CHECK(house.ps("trial.1")["crashes"] == 0);
}

TEST_CASE("A refresh whose first processes crash halts and leaves the others as they are") {
    Supervised house(
        "refresh_watch = \"10min\"\nrestart_pause_first = \"10min\"\n"
        "restart_pause_max = \"10min\"\n" +
        calm("four", "count = 4"));
    house.script("calm", "exec sleep 600");
    house.start();
    REQUIRE(house.all_run(4));
    const pid_t last = house.pid_of("four.4");
    // The new version is broken, which is seen when it is watched.
    const std::string end = house.path("end");
    house.script("calm", "until [ -e " + end + " ]; do sleep 0.1; done; exit 1");
    auto refreshing = begin_refresh(house, "four", "25");
    CHECK(wait_until([&] { return has(refresh_of(house, "four.1"), "watching 1 of 4"); }));
    std::ofstream(end) << "now";
    const Finished refreshed = refreshing.get();
    CHECK(refreshed.code == kJobFailed);
    CHECK(has(refreshed.out, "halted at 1 of 4: a fresh process crashed"));
    CHECK(house.pid_of("four.4") == last);
    CHECK(house.count("four", "running") == 3);
}

TEST_CASE("A refresh whose first processes fail their jobs halts as well") {
    Supervised house("refresh_watch = \"10min\"\n" + broker_process() +
                     "[[pool]]\nname = \"trial\"\nprogram = \"$DIR/worker\"\ncount = 2\n"
                     "services = [\"TRIAL\"]\nnotify = true\n");
    const auto use = [&](const char* program) {
        house.script("worker", "exec " + built_program(program) + " \"$@\" --service-name TRIAL");
    };
    use(kTrialProgram);
    house.start();
    REQUIRE(house.all_run(3));
    const pid_t last = house.pid_of("trial.2");
    const auto submit = [&](const char* count) {
        house.say(
            {"submit", "TRIAL", R"({"seconds": 0.01})", "--max-attempts", "1", "--count", count});
    };
    submit("50");
    CHECK(wait_until([&] { return service(house).value("succeeded", 0) == 50; }));
    use(kReverseProgram);  // the new version: it wants a text
    auto refreshing = begin_refresh(house, "trial", "50");
    CHECK(wait_until([&] { return has(refresh_of(house, "trial.1"), "watching 1 of 2"); }));
    submit("2000");
    CHECK(wait_until([&] { return has(refresh_of(house, "trial.1"), "halted at 1 of 2: of "); }));
    CHECK(has(refresh_of(house, "trial.1"), "% failed, before it were 0 %"));
    CHECK(refreshing.get().code == kJobFailed);
    CHECK(house.pid_of("trial.2") == last);
}

TEST_CASE("A reload changes what differs and nothing else; a mistake changes nothing") {
    Supervised house(calm("same", "count = 2") + calm("gone") + calm("changed"));
    house.script("calm", "exec sleep 600");
    house.start();
    REQUIRE(house.all_run(4));
    const pid_t same = house.pid_of("same.1");
    const pid_t changed = house.pid_of("changed");

    house.write_config(calm("same", "count = 2") + "[[pool]]\nname = 5\n");
    const Finished refused = house.run({"supervisor", "reload"});
    CHECK(refused.code != 0);
    CHECK(has(refused.err, "name = "));
    CHECK(house.all_run(4));

    house.write_config(calm("same", "count = 2") + calm("changed", "env = [\"NEW=1\"]") +
                       calm("new", "nice = 5"));
    CHECK(has(house.say({"supervisor", "reload"}), "pool has changed"));
    CHECK(wait_until([&] { return house.ps("gone").is_null() && house.runs("new"); }));
    CHECK(wait_until([&] { return house.runs("changed") && house.pid_of("changed") != changed; }));
    CHECK(house.pid_of("same.1") == same);
    CHECK(house.all_run(4));

    house.write_config(calm("same", "count = 3"));
    house.process().signal(SIGHUP);
    CHECK(
        wait_until([&] { return house.count("same", "running") == 3 && house.ps().size() == 3; }));
    CHECK(house.pid_of("same.1") == same);
}

TEST_CASE("A pool grows with what waits and shrinks when nothing does") {
    Supervised house("scale_up_every = \"200ms\"\nscale_down_after = \"300ms\"\n" +
                     broker_process() + trial("count = 1\nmin = 1\nmax = 4\nscale_depth = 2"));
    house.start(kSlowHeartbeats);
    REQUIRE(house.all_run(2));
    int submitted = 0;
    CHECK(wait_until([&] {
        if (service(house).value("ready", 0) < 20) {
            submit_many(house, 20, R"({"seconds": 0.2})");
            submitted += 20;
        }
        return house.count("trial", "running") == 4;
    }));
    CHECK(wait_until([&] { return service(house).value("succeeded", 0) == submitted; }));
    CHECK(wait_until([&] { return house.ps().size() == 2; }));
    CHECK(house.runs("trial.1"));
    CHECK(service(house)["failed"] == 0);
    const auto figures = house.rows({"broker"});
    REQUIRE(figures.size() == 1);
    CHECK(figures[0]["lost"] == 0);
}

TEST_CASE("By hand a pool is stopped, started, restarted and scaled") {
    Supervised house(calm("one", "roles = [\"night\"]") + calm("two"));
    house.script("calm", "exec sleep 600");
    house.start();
    REQUIRE(house.all_run(2));
    const std::string stopped = house.say({"supervisor", "stop", "--role", "night"});
    CHECK(has(stopped, "one stopped ("));
    CHECK_FALSE(has(stopped, "two"));
    CHECK(house.ps("one")["state"] == "stopped");
    CHECK(has(house.say({"supervisor", "start"}), "one started ("));
    CHECK(has(house.say({"supervisor", "start"}), "one already running ("));
    const pid_t before = house.pid_of("two");
    house.say({"supervisor", "restart", "two"});
    CHECK(wait_until([&] { return house.runs("two") && house.pid_of("two") != before; }));
    house.say({"supervisor", "scale", "two", "3"});
    CHECK(wait_until([&] { return house.count("two", "running") == 3; }));
    house.say({"supervisor", "scale", "two", "0"});
    CHECK(wait_until([&] { return house.count("two", "running") == 0; }));
}

TEST_CASE("What the kill switch forbids is stopped and not started, with and without a broker") {
    Supervised house(broker_process() + trial("count = 2") +
                     calm("other", "services = [\"OTHER\"]"));
    house.script("calm", "exec sleep 600");
    house.start();
    REQUIRE(house.all_run(4));
    CHECK(has(house.say({"disable", "TRIAL", "UNUSED"}), "TRIAL: disabled"));
    CHECK(wait_until([&] { return house.count("trial", "disabled") == 2; }));
    CHECK(has(read_file(house.path("run/kill-switch.json")), R"("services":["TRIAL","UNUSED"])"));
    CHECK(has(house.say({"supervisor", "start"}), "trial.1 is disabled by the kill switch"));
    CHECK(house.count("trial", "disabled") == 2);
    CHECK(house.runs("other"));

    // What cannot be understood switches nothing on.
    std::ofstream(house.path("run/kill-switch.json")) << "nonsense";
    CHECK(wait_until([&] {
        return house.process().standard_error().find("kill_switch_unreadable") != std::string::npos;
    }));
    CHECK(house.count("trial", "disabled") == 2);
    CHECK(house.run({"enable", "TRIAL"}).code == kRefused);
    std::ofstream(house.path("run/kill-switch.json")) << R"({"global":true,"services":["TRIAL"]})";
    CHECK(wait_until([&] { return house.count("other", "disabled") == 1; }));
    CHECK(house.runs("broker"));

    house.say({"enable", "--all"});
    CHECK(wait_until([&] { return house.runs("other"); }));
    CHECK(house.count("trial", "disabled") == 2);
    house.say({"enable", "TRIAL"});
    CHECK(house.all_run(4));

    house.say({"supervisor", "stop", "broker"});
    CHECK(house.run({"disable", "OTHER", "--timeout", "1s"}).code == kNoBroker);
    CHECK(wait_until([&] { return house.count("other", "disabled") == 1; }));
}

}  // namespace steward::e2e
