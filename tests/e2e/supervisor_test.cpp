// tests/e2e: steward-supervisor with real processes: what crashes, hangs, grows, or is told to go.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/notify_socket.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/supervised.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

namespace {

using nlohmann::json;

std::string pool(const std::string& name, const std::string& program, const std::string& more) {
    return "[[pool]]\nname = \"" + name + "\"\nprogram = \"" + program + "\"\n" + more + "\n";
}

std::string trial(const std::string& more) {
    return pool("trial", kTrialProgram, "services = [\"TRIAL\"]\nnotify = true\n" + more);
}

std::size_t lines_with(const std::string& path, std::string_view part) {
    std::ifstream file(path);
    std::size_t found = 0;
    for (std::string line; std::getline(file, line);) {
        found += line.find(part) != std::string::npos ? 1U : 0U;
    }
    return found;
}

/// The log of the supervisor itself.
bool has_said(Supervised& house, std::string_view text) {
    return wait_until(
        [&] { return house.process().standard_error().find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("What crashes comes back after growing pauses; a crash loop is seen") {
    Supervised house(
        "restart_pause_first = \"20ms\"\nrestart_pause_max = \"10min\"\n"
        "crashes_max = 3\n" +
        pool("bad", "$DIR/bad", "port_flags = false") +
        pool("good", "$DIR/good", "port_flags = false"));
    house.script("bad", "echo I try; exit 9");
    house.script("good", "exec sleep 600");
    house.start();
    REQUIRE(wait_until([&] { return house.runs("good"); }));
    const pid_t before = house.pid_of("good");
    REQUIRE(before > 0);
    REQUIRE(::kill(before, SIGKILL) == 0);
    CHECK(wait_until([&] { return house.runs("good") && house.pid_of("good") != before; }));
    CHECK(house.ps("good")["crashes"] == 1);
    CHECK(house.ps("good")["last_end"] == "signal 9");

    CHECK(wait_until([&] { return house.ps("bad")["crash_loop"] == true; }));
    CHECK(has_said(house, "crash_loop name=bad"));
    CHECK(has_said(house, "starts again in 20ms"));
    CHECK(has_said(house, "starts again in 40ms"));
    CHECK(has_said(house, "starts again in 80ms"));
    CHECK(lines_with(house.path("logs/bad.txt"), "bad I try") >= 3);
    CHECK(wait_until([&] {
        return has(house.say({"ps"}), "crash-loop") && has(house.say({"ps"}), "exit code 9");
    }));

    // Started wrongly: it is not tried again before long, so who starts it now is the user.
    house.script("bad", "exit 2");
    REQUIRE(has_said(house, "starts again in 600000ms"));
    house.script("bad", "exec sleep 600");  // mended
    CHECK(has(house.say({"supervisor", "start", "bad"}), "bad started ("));
    CHECK(house.ps("bad")["crash_loop"] == false);
}

TEST_CASE("When the supervisor is killed nothing is left, not even what hides in other sessions") {
    Supervised house(
        pool("wild", "$DIR/wild", "count = 3\nport_flags = false\nstop_grace = \"300ms\"") +
        broker_process() + trial("count = 2"));
    house.script("wild",
                 "trap '' TERM INT HUP\n"
                 "(setsid sh -c 'trap \"\" TERM HUP; sleep 600 & sleep 600' &)\n"
                 "(setsid sleep 600 &)\nsleep 600 & wait");
    house.start();
    REQUIRE(house.all_run(6));
    // The supervisor, six guardians and programs, and what the wild ones started.
    CHECK(wait_until([&] { return house.living().size() >= 13 + 3 * 4; }));
    house.process().kill();
    CHECK(wait_until([&] { return house.living().empty(); }));

    // The next one finds its place free, and says what it finds.
    house.start();
    CHECK(has_said(house, "stale_pid_file name=wild"));
    CHECK(house.all_run(6));
}

TEST_CASE("A guardian that is killed takes its program with it, and both come back") {
    Supervised house("restart_pause_first = \"20ms\"\n" +
                     pool("wild", "$DIR/wild", "port_flags = false"));
    house.script("wild", "setsid sleep 600 & sleep 600");
    house.start();
    REQUIRE(house.all_run(1));
    const pid_t before = house.pid_of("wild");
    CHECK(wait_until([&] { return house.living().size() == 5; }));
    std::ifstream stat("/proc/" + std::to_string(before) + "/stat");
    pid_t pid = 0;
    std::string name;
    std::string state;
    pid_t guardian = 0;
    stat >> pid >> name >> state >> guardian;
    REQUIRE(guardian > 1);
    REQUIRE(guardian != house.process().pid());
    REQUIRE(::kill(guardian, SIGKILL) == 0);
    CHECK(wait_until([&] { return house.runs("wild") && house.pid_of("wild") != before; }));
    CHECK(wait_until([&] { return house.living().size() == 5; }));
}

TEST_CASE("One that gives no sign of life is killed with all it has started") {
    Supervised house(
        broker_process() + trial("watchdog = \"5s\"") +
        "[[pool]]\nname = \"calm\"\nprogram = \"steward-worker-sleep\"\nnotify = true\n"
        "watchdog = \"5s\"\n");
    house.start();
    REQUIRE(house.all_run(3));
    const pid_t before = house.pid_of("trial");
    const pid_t calm = house.pid_of("calm");
    REQUIRE(before > 0);
    REQUIRE(::kill(before, SIGSTOP) == 0);
    CHECK(wait_until([&] { return house.runs("trial") && house.pid_of("trial") != before; }));
    CHECK(house.ps("trial")["crashes"] == 1);
    CHECK(has_said(house, "no sign of life"));
    CHECK(house.pid_of("calm") == calm);
}

TEST_CASE("One that asks for a successor gets it at once, and that is no crash") {
    Supervised house(broker_process() + trial("max_jobs = 1"));
    house.start();
    REQUIRE(house.all_run(2));
    for (int i = 0; i < 3; ++i) {
        CHECK(has(house.say({"call", "TRIAL", "{}"}), "attempt"));
    }
    CHECK(wait_until([&] { return house.ps("trial").value("restarts", 0) >= 3; }));
    CHECK(house.ps("trial")["crashes"] == 0);
}

TEST_CASE("One that holds too much memory is replaced when it has finished") {
    Supervised house(broker_process() + trial("memory_limit = \"150MiB\""));
    house.start();
    REQUIRE(house.all_run(2));
    const pid_t before = house.pid_of("trial");
    const std::string job =
        house.say({"submit", "TRIAL", R"({"allocate_mib": 200, "seconds": 0.5})"});
    CHECK(wait_until([&] { return house.runs("trial") && house.pid_of("trial") != before; }));
    CHECK(has_said(house, "its memory_limit is 157286400"));
    CHECK(house.ps("trial")["crashes"] == 0);
    const std::string id = job.substr(0, job.find('\n'));
    CHECK(has(house.say({"wait", id}), "attempt"));
}

TEST_CASE("ps shows what each process uses and which job it runs") {
    Supervised house(broker_process() + trial("count = 2"));
    house.start();
    REQUIRE(house.all_run(3));
    std::string job = house.say({"submit", "TRIAL", R"({"seconds": 600})"});
    job = job.substr(0, job.find('\n'));
    CHECK(wait_until([&] {
        return house.ps("trial.1")["jobs"] == json{job} || house.ps("trial.2")["jobs"] == json{job};
    }));
    const json row = house.ps("broker");
    CHECK(row["memory"] > 1'000'000);
    CHECK(row["uptime"] > 0);
    CHECK(row["kind"] == "server");
    CHECK(has(house.say({"ps"}), job));
    house.say({"cancel", job});
}

TEST_CASE("What processes print is in bounded files, with name and time") {
    Supervised house("log_bytes_max = \"4KiB\"\nlog_files = 2\n" +
                     pool("loud", "$DIR/loud", "port_flags = false\ncount = 2"));
    house.script("loud", "i=0; while [ $i -lt 500 ]; do echo line $i; i=$((i+1)); done; sleep 600");
    house.start();
    CHECK(wait_until([&] { return lines_with(house.path("logs/loud.txt"), "line 499") > 0; }));
    CHECK(std::filesystem::exists(house.path("logs/loud.txt.1")));
    CHECK_FALSE(std::filesystem::exists(house.path("logs/loud.txt.2")));
    // While the other still prints, the file may be changed for a new one at this moment.
    std::string log;
    REQUIRE(wait_until([&] {
        log = read_file(house.path("logs/loud.txt"));
        return has(log, "\n");
    }));
    CHECK(log.size() <= 4096);
    const std::string line = log.substr(0, log.find('\n'));
    CHECK(line.substr(10, 1) == "T");  // 2026-01-31T12:00:00.123Z loud.1 line 7
    CHECK((has(line, "Z loud.1 line ") || has(line, "Z loud.2 line ")));
}

TEST_CASE("A pool runs as the user and group that it names, with that user's groups") {
    if (::geteuid() != 0) {
        MESSAGE("not root: running as another user is not tried");
        return;
    }
    Supervised house(pool("other",
                          "/bin/sh",
                          "args = [\"-c\", \"id -un; id -gn; id -G; exec sleep 600\"]\n"
                          "user = \"nobody\"\ngroup = \"daemon\"\nport_flags = false") +
                     pool("alone",
                          "/bin/sh",
                          "args = [\"-c\", \"id -un; id -gn; exec sleep 600\"]\n"
                          "user = \"nobody\"\nport_flags = false"));
    house.start();
    REQUIRE(house.all_run(2));
    CHECK(wait_until([&] { return lines_with(house.path("logs/other.txt"), "other ") >= 3; }));
    CHECK(lines_with(house.path("logs/other.txt"), "other nobody") == 1);
    CHECK(lines_with(house.path("logs/other.txt"), "other daemon") == 1);
    // Root's own groups are gone: the group that was named, and those of nobody.
    CHECK(lines_with(house.path("logs/other.txt"), "other 1") == 1);
    CHECK(
        wait_until([&] { return lines_with(house.path("logs/alone.txt"), "alone nogroup") == 1; }));
    // It is not the supervisor's user, and can be ended all the same.
    const pid_t pid = house.pid_of("other");

    struct stat facts {};

    REQUIRE(::stat(("/proc/" + std::to_string(pid)).c_str(), &facts) == 0);
    CHECK(facts.st_uid != 0);
    house.process().signal(SIGTERM);
    CHECK(house.process().wait() == 0);
    CHECK(wait_until([&] { return ::kill(pid, 0) != 0; }));
}

TEST_CASE("There is one supervisor for a folder, and only its user can speak to it") {
    Supervised house(pool("calm", "$DIR/calm", "port_flags = false"));
    house.script("calm", "exec sleep 600");
    house.start();

    struct stat status {};

    REQUIRE(::stat(house.path("run/supervisor.sock").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);
    const Finished second = e2e::run({built_program("steward-supervisor"),
                                      {"--foreground", "--config", house.path("steward.toml")},
                                      {},
                                      {}});
    CHECK(second.code == 1);
    CHECK(has(second.err, "a supervisor runs already"));
    CHECK(house.run({"supervisor", "stop", "nobody"}).code == kRefused);
    CHECK(house.run({"supervisor", "scale", "calm", "1001"}).code == kRefused);
}

TEST_CASE("It tells systemd that it is ready, that it lives and that it ends") {
    Supervised house(pool("calm", "$DIR/calm", "port_flags = false"));
    house.script("calm", "exec sleep 600");
    NotifySocket watcher(house.path("notify"));
    house.start(watcher.environment());
    CHECK(watcher.hears("READY=1"));
    CHECK(watcher.hears("WATCHDOG=1"));
    house.process().signal(SIGTERM);
    CHECK(watcher.hears("STOPPING=1"));
    CHECK(house.process().wait() == 0);
}

}  // namespace steward::e2e
