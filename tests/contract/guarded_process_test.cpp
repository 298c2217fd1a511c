// tests/contract: real processes below a real guardian: how they begin, how they end, and that
// nothing of them is left.
#include "supervisor/process/guarded_process.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <functional>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "common/posix/process_table.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::supervisor {

namespace {

Launch launch(std::vector<std::string> command) {
    return {.guardian = e2e::built_program("steward-guardian"),
            .orders = {.setting = {}, .command = std::move(command)},
            .environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "MARK=steward"}};
}

Launch shell(const std::string& script) {
    return launch({"/bin/sh", "-c", script});
}

GuardedProcess started(const Launch& launch) {
    auto process = GuardedProcess::start(launch);
    REQUIRE(process.has_value());
    return std::move(*process);
}

bool is_readable(int fd, std::chrono::milliseconds patience) {
    pollfd watched{fd, POLLIN, 0};
    return ::poll(&watched, 1, static_cast<int>(patience.count())) == 1;
}

/// Waits for the end of the whole tree and collects it.
Whereabouts ended(GuardedProcess& process) {
    REQUIRE(is_readable(process.end_fd(), e2e::kPatience));
    CHECK(process.reap());
    return process.whereabouts();
}

std::string output(const GuardedProcess& process) {
    std::string text;
    std::array<char, 4096> buffer{};
    while (is_readable(process.output_fd(), e2e::kPatience)) {
        const ssize_t got = ::read(process.output_fd(), buffer.data(), buffer.size());
        if (got <= 0) {
            break;
        }
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return text;
}

/// The next line it prints.
std::string line(const GuardedProcess& process) {
    std::string text;
    char c = 0;
    while (is_readable(process.output_fd(), e2e::kPatience) &&
           ::read(process.output_fd(), &c, 1) == 1 && c != '\n') {
        text += c;
    }
    return text;
}

/// How many processes, zombies aside, have this one above them.
std::size_t tree_size(pid_t root) {
    const auto all = posix::read_processes();
    return static_cast<std::size_t>(
        std::ranges::count_if(posix::descendants_of(root, all),
                              [](const posix::ProcessRow& row) { return row.state != 'Z'; }));
}

bool is_gone(pid_t pid) {
    const auto row = posix::read_process(pid);
    return !row || row->state == 'Z';
}

}  // namespace

TEST_CASE("A program's exit code, signal and output are told") {
    auto fine = started(shell("echo to $MARK; echo also >&2; exit 7"));
    CHECK(output(fine) == "to steward\nalso\n");
    const Whereabouts exited = ended(fine);
    CHECK(exited.has_ended);
    CHECK(exited.pid > 0);
    CHECK_FALSE(exited.was_signalled);
    CHECK(exited.number == 7);

    auto killed = started(shell("kill -SEGV $$"));
    const Whereabouts signalled = ended(killed);
    CHECK(signalled.was_signalled);
    CHECK(signalled.number == SIGSEGV);
}

TEST_CASE("What cannot be started says why") {
    auto missing = started(launch({"/nowhere/program"}));
    CHECK(ended(missing).failure == "cannot run /nowhere/program: No such file or directory");

    Launch astray = shell("exit 0");
    astray.orders.setting.directory = "/nowhere";
    auto lost = started(astray);
    CHECK(ended(lost).failure == "cannot go to /nowhere: No such file or directory");

    Launch stranger = shell("exit 0");
    stranger.orders.setting.user = "no-such-user";
    auto unknown = started(stranger);
    CHECK(ended(unknown).failure == "there is no user no-such-user");

    Launch no_guardian = shell("exit 0");
    no_guardian.guardian = "/nowhere/guardian";
    CHECK_FALSE(GuardedProcess::start(no_guardian).has_value());
}

TEST_CASE("Directory, niceness and limits are as ordered; the control socket is not inherited") {
    Launch set = shell("pwd; nice; ulimit -n; ls /proc/self/fd | wc -l");
    set.orders.setting.directory = "/tmp";
    set.orders.setting.nice = "3";
    set.orders.setting.limits = {{"nofile", "123"}};
    auto process = started(set);
    CHECK(output(process) == "/tmp\n3\n123\n4\n");  // 0, 1, 2 and the folder that ls reads
    CHECK(ended(process).number == 0);
}

TEST_CASE("A stop signal reaches the program alone") {
    auto process =
        started(shell("trap 'echo stopping; exit 3' TERM; echo on; while :; do "
                      "sleep 0.05; done"));
    REQUIRE(line(process) == "on");
    process.signal(SIGTERM);
    CHECK(line(process) == "stopping");
    CHECK(ended(process).number == 3);
}

TEST_CASE("A stop signal that is there before the program is not lost") {
    std::vector<GuardedProcess> many;
    for (int i = 0; i < 40; ++i) {
        many.push_back(started(launch({"/bin/sleep", "600"})));
        many.back().signal(SIGTERM);
    }
    for (GuardedProcess& process : many) {
        const Whereabouts found = ended(process);
        CHECK(found.was_signalled);
        CHECK(found.number == SIGTERM);
    }
}

TEST_CASE("What the program leaves behind goes with it, in whatever session it hides") {
    auto process =
        started(shell("trap 'exit 0' TERM; (setsid sh -c 'sleep 600 & sleep 600' &) ; "
                      "(sleep 600 &) ; sleep 600 & echo on; wait"));
    const pid_t guardian = process.guardian_pid();
    REQUIRE(line(process) == "on");
    CHECK(e2e::wait_until([&] { return tree_size(guardian) >= 5; }));
    process.signal(SIGTERM);
    CHECK(ended(process).number == 0);
    CHECK(is_gone(guardian));
}

TEST_CASE("A kill ends the whole tree, one that ignores signals and keeps forking as well") {
    auto process =
        started(shell("trap '' TERM INT HUP; (trap '' TERM; while :; do sleep 600 & "
                      "sleep 0.01; done) & setsid sleep 600 & echo on; wait"));
    REQUIRE(line(process) == "on");
    CHECK(e2e::wait_until([&] { return tree_size(process.guardian_pid()) >= 6; }));
    process.kill();
    const Whereabouts end = ended(process);
    CHECK(end.was_signalled);
    CHECK(end.number == SIGKILL);
}

TEST_CASE("When the supervisor's end of the socket is gone, so is the tree") {
    pid_t guardian = 0;
    pid_t program = 0;
    {
        auto process = started(shell("setsid sleep 600 & echo on; sleep 600"));
        REQUIRE(line(process) == "on");
        process.read_reports();
        guardian = process.guardian_pid();
        program = process.whereabouts().pid;
        REQUIRE(program > 0);
    }
    CHECK(e2e::wait_until([&] { return is_gone(program) && is_gone(guardian); }));
    CHECK(e2e::wait_until([&] { return sweep_strays({}); }));
}

TEST_CASE("What a killed guardian leaves is swept by whoever is above it") {
    REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    auto process = started(shell("setsid sleep 600 & echo on; sleep 600"));
    REQUIRE(line(process) == "on");
    process.kill_guardian();
    REQUIRE(is_readable(process.end_fd(), e2e::kPatience));
    CHECK_FALSE(process.reap());
    CHECK(e2e::wait_until([&] { return sweep_strays({}); }));
    CHECK(tree_size(::getpid()) == 0);
    REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 0) == 0);
}

TEST_CASE("A signal never reaches another process that got the pid") {
    auto process = started(shell("echo on; sleep 600"));
    REQUIRE(line(process) == "on");
    process.read_reports();
    auto row = posix::read_process(process.whereabouts().pid);
    REQUIRE(row.has_value());
    ++row->start_ticks;  // somebody who had this pid before
    CHECK_FALSE(posix::signal_exactly(*row, SIGKILL));
    --row->start_ticks;
    CHECK(posix::signal_exactly(*row, SIGKILL));
    CHECK(ended(process).number == SIGKILL);
    CHECK_FALSE(posix::signal_exactly(*row, SIGKILL));
}

}  // namespace steward::supervisor
