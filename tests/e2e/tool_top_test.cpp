// tests/e2e: `steward top` in a terminal: what it shows, which keys it heeds, and that it leaves
// the terminal as it was.
#include <csignal>
#include <regex>

#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/ports.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/terminal.hpp"

namespace steward::e2e {

namespace {

/// As many services as a screen of 24 lines has no room for.
std::string many_services() {
    std::string config;
    for (int i = 10; i < 40; ++i) {
        config += "[[service]]\nname = \"service-" + std::to_string(i) + "\"\n";
    }
    return config;
}

struct Top {
    explicit Top(const std::string& broker, const Args& more = {}) {
        CommandLine command{built_program("steward"),
                            {"top", "--broker", broker, "--interval", "100ms"},
                            {{"TERM", "xterm"}},
                            {}};
        command.args.insert(command.args.end(), more.begin(), more.end());
        command.terminal = terminal.path();
        process = std::make_unique<Process>(command);
    }

    explicit Top(Desk& desk, const Args& more = {})
        : Top(desk.broker().endpoints().frontend, more) {}

    /// Ends with success, and the terminal is as it was.
    void ends_well() {
        CHECK(process->wait() == kSuccess);
        CHECK(terminal.shows([](const Screen& seen) { return !seen.is_alternate(); }));
        CHECK_FALSE(terminal.screen().is_cursor_hidden());
        CHECK(terminal.modes() == modes_before);
        CHECK(terminal.screen().faults() == 0);
    }

    Terminal terminal{24, 80};
    std::string modes_before = terminal.modes();
    std::unique_ptr<Process> process;
};

}  // namespace

TEST_CASE("top fits 80 by 24, shows services and workers, and ends at q") {
    Desk desk(many_services());
    for (int i = 0; i < 12; ++i) {
        desk.start_worker(kTrialProgram, "service-10", {"--concurrency", "2"});
    }
    desk.say({"submit", "service-11", "5", "--count", "3"});
    Top top(desk);
    REQUIRE(top.terminal.shows([](const Screen& seen) {
        return seen.is_alternate() && !seen.line_with("service-11").empty() &&
               !seen.line_with("in 0.0/s").empty();
    }));
    const Screen seen = top.terminal.screen();
    INFO(seen.text());
    CHECK(seen.is_cursor_hidden());
    CHECK(top.terminal.modes() != top.modes_before);
    const Args lines = seen.lines();
    REQUIRE(lines.size() == 24);
    CHECK(has_all(lines[0], {"steward tcp://127.0.0.1:", "  up ", "  30 services  12 workers"}));
    CHECK(lines[1].starts_with("jobs  3 ready  0 active"));
    CHECK(has_all(lines[3], {"SERVICE", "MODE", "READY", "WAITS", "DEAD"}));
    CHECK(lines[4].starts_with("service-11"));  // most jobs wait there
    CHECK(has_all(seen.line_with("WORKER  "), {"SLOTS", "HELD"}));
    CHECK(has(seen.text(), "\n… and "));
    CHECK(lines[23].starts_with("q quits"));
    CHECK(seen.faults() == 0);
    top.terminal.type("q");
    top.ends_well();
}

TEST_CASE("top is live: counts change, keys pause and sort it, a window may change its size") {
    Desk desk("[[service]]\nname = \"mail\"\n");
    desk.start_worker(kTrialProgram, "trial");
    Top top(desk, {"--sort", "name"});
    const Terminal& terminal = top.terminal;
    REQUIRE(terminal.shows("jobs  0 ready"));
    desk.say({"submit", "mail", "--count", "4"});
    CHECK(terminal.shows("jobs  4 ready"));
    desk.say({"call", "trial"});
    // The worker has one slot, holds nothing and has succeeded once.
    const std::regex worker("\n[0-9a-f]+ +trial +1 +0 +1 +0 ");
    CHECK(
        terminal.shows([&](const Screen& seen) { return std::regex_search(seen.text(), worker); }));
    desk.say({"pause", "trial"});
    CHECK(terminal.shows("paused"));

    const std::string foot = terminal.screen().lines().back();
    terminal.type("p");
    REQUIRE(terminal.shows([&](const Screen& seen) { return seen.lines().back() != foot; }));
    desk.say({"submit", "mail", "--count", "5"});
    CHECK(terminal.screen().line_with("jobs  9 ready").empty());
    terminal.type("p");
    CHECK(terminal.shows("jobs  9 ready"));
    terminal.type("s");
    CHECK(terminal.shows("now by waiting"));
    const std::string sorted = terminal.screen().lines().back();

    // While it is paused it draws nothing for a size that it has not heard of yet.
    terminal.type("p");
    REQUIRE(terminal.shows([&](const Screen& seen) { return seen.lines().back() != sorted; }));
    top.terminal.resize(12, 60);
    CHECK(terminal.shows([](const Screen& seen) {
        return seen.lines().size() == 12 && seen.lines().back().starts_with("q quits") &&
               !seen.line_with("mail").empty();
    }));
    CHECK(terminal.screen().faults() == 0);
    terminal.type("\x03");
    top.ends_well();
}

TEST_CASE("top outlives its broker and goes on when there is one again") {
    Desk desk("[[service]]\nname = \"mail\"\n");
    Top top(desk, {"--timeout", "300ms"});
    REQUIRE(top.terminal.shows("mail"));
    desk.broker().kill();
    CHECK(top.terminal.shows("no broker answers"));
    CHECK_FALSE(top.process->wait(std::chrono::milliseconds(0)).has_value());
    desk.broker().start_again();
    CHECK(top.terminal.shows([](const Screen& seen) {
        return seen.line_with("no broker answers").empty() && !seen.line_with("mail").empty();
    }));
    top.terminal.type("q");
    top.ends_well();
}

TEST_CASE("top leaves the terminal as it was at a signal, and when no broker is there") {
    Desk desk("[[service]]\nname = \"mail\"\n");
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
        Top top(desk);
        REQUIRE(top.terminal.shows("mail"));
        top.process->signal(number);
        top.ends_well();
    }
    Top lost("127.0.0.1:" + std::to_string(free_port()));
    CHECK(lost.terminal.shows("q quits"));
    lost.terminal.type("q");
    lost.ends_well();
}

TEST_CASE("top prints one screen without a terminal, or one document") {
    Desk desk("[[service]]\nname = \"mail\"\n");
    desk.start_worker(kTrialProgram, "trial");
    const Args once = {"top", "--once", "--interval", "100ms"};
    const std::string screen = desk.say(once);
    CHECK(has_all(screen, {"2 services  1 worker\n", "\nSERVICE", "\nWORKER", "mail", "in 0.0/s"}));
    CHECK_FALSE(has(screen, "\x1b"));
    CHECK_FALSE(has(screen, "q quits"));
    const nlohmann::json document = desk.ask(once);
    CHECK(document["services"].size() == 2);
    CHECK(document["workers"].size() == 1);
    CHECK(document["rates"]["in"] == 0.0);
}

}  // namespace steward::e2e
