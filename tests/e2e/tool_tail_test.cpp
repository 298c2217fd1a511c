// tests/e2e: `steward tail`: the events of a real broker as they happen, filtered, to the end that
// each way of ending has.
#include <algorithm>
#include <csignal>

#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

using nlohmann::json;

namespace {

struct Tail {
    Tail(Desk& desk, const Args& more) {
        CommandLine command{built_program("steward"),
                            {"tail", "--news", desk.broker().endpoints().news, "--json"},
                            {},
                            {}};
        command.args.insert(command.args.end(), more.begin(), more.end());
        process = std::make_unique<Process>(command);
    }

    /// Does it again and again until it is heard of: a subscription takes a moment to arrive.
    template <typename Probe>
    void hears(const Probe& probe) const {
        REQUIRE(wait_until([&] {
            probe();
            return wait_until([&] { return !process->standard_output().empty(); },
                              std::chrono::milliseconds(100));
        }));
    }

    [[nodiscard]] std::vector<json> events() const {
        std::vector<json> events;
        const std::string text = process->standard_output();
        for (const std::string& line : lines_of(text.substr(0, text.rfind('\n') + 1))) {
            events.push_back(json::parse(line, nullptr, false));
            CHECK(events.back().is_object());
        }
        return events;
    }

    [[nodiscard]] Args names_of(const std::string& job) const {
        Args names;
        for (const json& event : events()) {
            if (event.value("job", "") == job) {
                names.push_back(event.value("event", ""));
            }
        }
        return names;
    }

    [[nodiscard]] bool tells(const std::string& job, const std::string& name) const {
        return wait_until([&] {
            const Args names = names_of(job);
            return !names.empty() && names.back() == name;
        });
    }

    void ends_at(int number) const {
        process->signal(number);
        CHECK(process->wait() == kSuccess);
        CHECK(process->standard_error() == "");
    }

    std::unique_ptr<Process> process;
};

}  // namespace

TEST_CASE("tail tells each step of a job, in order, and ends with success at SIGINT") {
    Desk desk;
    desk.start_worker(kReverseProgram, "reverse");
    const Tail tail(desk, {});
    tail.hears([&] {
        desk.say({"pause", "other"});
        desk.say({"resume", "other"});
    });
    const std::string id = desk.submit("reverse", "abc");
    CHECK(tail.tells(id, "EXECUTE_COMPLETE"));
    CHECK(tail.names_of(id) == Args{"RECEIVED",
                                    "ENQUEUED",
                                    "DEQUEUED",
                                    "DELEGATE_START",
                                    "EXECUTE_START",
                                    "EXECUTE_COMPLETE"});
    const std::string failed = desk.submit("reverse", 5, {"--max-attempts", "1"});
    CHECK(tail.tells(failed, "DEAD"));
    tail.ends_at(SIGINT);
}

TEST_CASE("tail prints lines for people, and ends with success at SIGTERM and SIGHUP") {
    Desk desk;
    desk.start_worker(kTrialProgram, "trial");
    for (const int number : {SIGTERM, SIGHUP}) {
        Process tail(
            {built_program("steward"), {"tail", "--news", desk.broker().endpoints().news}, {}, {}});
        REQUIRE(wait_until([&] {
            desk.say({"call", "trial"});
            return has(tail.standard_output(), "EXECUTE_COMPLETE");
        }));
        const std::string id =
            desk.submit("trial", {{"outcome", "reject"}, {"why", "no paper"}}, {"--group", "acme"});
        const auto line = tail.wait_for_line("DEAD");
        REQUIRE(line.has_value());
        CHECK(has_all(*line, {"Z  DEAD              " + id + "  trial", "group=acme", "no paper"}));
        CHECK_FALSE(has(tail.standard_output(), "\x1b"));
        tail.signal(number);
        CHECK(tail.wait() == kSuccess);
    }
}

TEST_CASE("tail leaves out what is of another service, event, context, group or batch") {
    Desk desk("[[service]]\nname = \"a\"\n[[service]]\nname = \"ab\"\n");
    const std::string batch = lines_of(desk.say({"batch", "open"})).at(0);

    struct Case {
        Args filter;
        std::string service;
        Args mine;
        const char* key;
        std::string value;
    };

    const std::vector<Case> cases = {
        {{"--service", "a"}, "a", {}, "service", "a"},
        {{"--context", "order"}, "ab", {"--context", "order"}, "context", "order"},
        {{"--group", "acme"}, "ab", {"--group", "acme"}, "group", "acme"},
        {{"--batch", batch}, "ab", {"--batch", batch}, "batch", batch},
        {{"--event", "delayed"}, "a", {"--delay", "1h"}, "event", "DELAYED"}};
    for (const Case& one : cases) {
        CAPTURE(one.key);
        const Tail tail(desk, one.filter);
        tail.hears([&] {
            static_cast<void>(desk.submit("ab"));
            static_cast<void>(desk.submit(one.service, 1, one.mine));
        });
        static_cast<void>(desk.submit("ab", 1, {"--group", "other", "--context", "other"}));
        const std::string last = desk.submit(one.service, 1, one.mine);
        CHECK(wait_until([&] { return !tail.names_of(last).empty(); }));
        for (const json& event : tail.events()) {
            CHECK(event.value(one.key, "") == one.value);
        }
        tail.ends_at(SIGINT);
    }
}

TEST_CASE("tail follows one job from now to its end") {
    Desk desk;
    desk.start_worker(kTrialProgram, "trial");
    desk.say({"pause", "trial"});
    const std::string id = desk.submit("trial");
    const std::string other = desk.submit("trial");
    const Tail tail(desk, {"--job", id});
    tail.hears([&] {
        desk.say({"edit", other, "--priority", "low"});
        desk.say({"edit", id, "--priority", "high"});
        desk.say({"edit", id, "--priority", "urgent"});
    });
    desk.say({"resume", "trial"});
    CHECK(tail.tells(id, "EXECUTE_COMPLETE"));
    CHECK(tail.names_of(other).empty());
    const Args names = tail.names_of(id);
    CHECK(std::ranges::find(names, "EDITED") != names.end());
    CHECK(std::ranges::find(names, "PROGRESS") != names.end());
    tail.ends_at(SIGINT);
}

TEST_CASE("tail ends by itself after so many events, at its time-out, or when nobody reads on") {
    Desk desk("[[service]]\nname = \"a\"\n");
    const Tail counted(desk, {"--count", "2"});
    counted.hears([&] { static_cast<void>(desk.submit("a")); });
    CHECK(counted.process->wait() == kSuccess);
    CHECK(counted.events().size() == 2);

    const Finished late = run({built_program("steward"),
                               {"tail",
                                "--news",
                                desk.broker().endpoints().news,
                                "--event",
                                "DEAD",
                                "--count",
                                "1",
                                "--timeout",
                                "100ms"},
                               {},
                               {}});
    CHECK(late.code == kTimeout);
    CHECK(late.out.empty());

    Process piped({"/bin/bash",
                   {"-c",
                    "set -o pipefail; \"$1\" tail --news \"$2\" | head -n 1",
                    "bash",
                    built_program("steward"),
                    desk.broker().endpoints().news},
                   {},
                   {}});
    REQUIRE(wait_until([&] {
        static_cast<void>(desk.submit("a"));
        return piped.wait(std::chrono::milliseconds(50)).has_value();
    }));
    CHECK(piped.wait() == kSuccess);
    CHECK(lines_of(piped.standard_output()).size() == 1);
    CHECK(piped.standard_error() == "");
}

TEST_CASE("tail goes on when the broker was away, and says that something is missing") {
    Desk desk("[[service]]\nname = \"a\"\n");
    const Tail tail(desk, {});
    tail.hears([&] { static_cast<void>(desk.submit("a")); });
    CHECK(tail.process->standard_error() == "");
    desk.broker().kill();
    desk.broker().start_again();
    const std::size_t before = tail.events().size();
    CHECK(wait_until([&] {
        static_cast<void>(desk.submit("a"));
        return tail.events().size() > before;
    }));
    CHECK(lines_of(tail.process->standard_error()).size() == 1);
    CHECK(has(tail.process->standard_error(), "a broker was away"));
    tail.process->signal(SIGINT);
    CHECK(tail.process->wait() == kSuccess);
}

}  // namespace steward::e2e
