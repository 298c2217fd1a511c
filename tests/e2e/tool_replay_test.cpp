// tests/e2e: `steward replay`: from the lifecycle log of a broker that was killed, another broker
// is given what never finished, once.
#include <array>
#include <cmath>
#include <ctime>
#include <map>
#include <set>

#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

using nlohmann::json;

namespace {

constexpr const char* kServices =
    "[[service]]\nname = \"mail\"\n[[service]]\nname = \"log\"\n[[service]]\nname = \"trial\"\n";

/// A broker that was killed with jobs of every kind, and its log.
struct Lost {
    Lost() {
        desk.start_worker(kTrialProgram, "trial");
        finished = desk.submit("trial");
        REQUIRE(desk.reaches(finished, "succeeded"));
        dead = desk.submit("trial", {{"outcome", "reject"}});
        REQUIRE(desk.reaches(dead, "dead"));
        running = desk.submit("trial", {{"seconds", 600}, {"mark", "running"}});
        REQUIRE(desk.reaches(running, "active"));
        cancelled = desk.submit("mail");
        desk.say({"cancel", cancelled});
        waiting =
            desk.submit("mail", {{"to", "ann"}}, {"--priority", "high", "--meta", "trace=17"});
        after = desk.submit("log", {{"line", "last"}}, {"--after", waiting});
        Process call({built_program("steward"),
                      {"call", "mail", "to=bob", "--broker", desk.broker().endpoints().frontend},
                      {},
                      {}});
        REQUIRE(desk.broker().wait_for_events(3, "RECEIVED", "mail"));
        call.kill();
        desk.broker().kill();
        desk.kill_workers();
        log = (desk.broker().directory() / "data" / "lifecycle.log").string();
    }

    /// Jobs that end unless somebody replays them.
    [[nodiscard]] std::set<std::string> unfinished() const { return {running, waiting, after}; }

    Desk desk{kServices};
    std::string finished, dead, running, cancelled, waiting, after;
    std::string log;
};

std::set<std::string> told(const std::vector<json>& rows, const std::string& outcome) {
    std::set<std::string> ids;
    for (const json& row : rows) {
        if (row["outcome"] == outcome) {
            ids.insert(row["job"].get<std::string>());
        }
    }
    return ids;
}

/// When the log says that this job was received, as --since takes it.
std::string received_at(const Broker& broker, const std::string& id) {
    double at = 0;
    for (const json& line : broker.lifecycle()) {
        if (line.value("event", "") == "RECEIVED" && line.value("job", "") == id) {
            at = line.value("at", 0.0);
        }
    }
    const auto seconds = static_cast<std::time_t>(at);
    std::tm parts{};
    REQUIRE(::gmtime_r(&seconds, &parts) != nullptr);
    std::array<char, 32> text{};
    REQUIRE(std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts) > 0);
    const auto micros = std::llround((at - static_cast<double>(seconds)) * 1e6);
    std::string fraction = std::to_string(micros);
    fraction.insert(0, 6 - fraction.size(), '0');
    return std::string(text.data()) + '.' + fraction + 'Z';
}

}  // namespace

TEST_CASE("A dry run tells what never finished and submits nothing") {
    const Lost lost;
    const Desk desk(kServices);
    const auto rows = desk.rows({"replay", lost.log, "--dry-run"});
    CHECK(told(rows, "due") == lost.unfinished());
    CHECK(told(rows, "call").size() == 1);
    CHECK(rows.size() == 4);
    const std::string text = desk.say({"replay", lost.log, "--dry-run"});
    CHECK(has_all(text,
                  {lost.waiting + "  mail  would be submitted\n",
                   "was a call: left out\n",
                   " events read, 1 call, 3 due\n"}));
    CHECK(desk.ids({"list"}).empty());
}

TEST_CASE("What never finished is submitted with all it had, and a second replay adds nothing") {
    const Lost lost;
    Desk desk(kServices);
    const auto first = desk.rows({"replay", lost.log});
    CHECK(told(first, "resubmitted") == lost.unfinished());
    CHECK(desk.ids({"list"}).size() == 3);
    std::map<std::string, std::string> as;
    for (const json& row : first) {
        as[row["job"].get<std::string>()] = row.value("as", "");
    }
    const json waiting = desk.ask({"status", as[lost.waiting]});
    CHECK(waiting["priority"] == 4096);
    CHECK(desk.state(as[lost.after]) == "blocked");
    const json jobs = desk.ask({"jobs", "mail"});
    REQUIRE(jobs.size() == 1);
    CHECK(jobs[0]["param"] == R"({"to":"ann"})");

    for (const json& row : desk.rows({"replay", lost.log})) {
        const std::string id = row["job"].get<std::string>();
        CAPTURE(row.dump());
        CHECK((row["outcome"] == "known" || row["outcome"] == "call" ||
               row.value("as", "") == as[id]));
    }
    CHECK(desk.ids({"list"}).size() == 3);

    desk.start_worker(kTrialProgram, "mail");
    desk.start_worker(kTrialProgram, "log");
    CHECK(desk.reaches(as[lost.after], "succeeded"));
    CHECK(desk.ask({"result", as[lost.waiting]})["result"]["meta"]["trace"] == "17");
    desk.say({"replay", lost.log});
    CHECK(desk.broker().wait_for_events(1, "EXECUTE_COMPLETE", "log"));
    CHECK(desk.broker().count_events("RECEIVED", "mail") == 1);
    CHECK(desk.broker().count_events("RECEIVED", "log") == 1);
}

TEST_CASE("A broker that is killed once more leaves each job to be replayed once") {
    const Lost lost;
    Desk second(kServices);
    second.say({"replay", lost.log});
    second.broker().kill();
    const std::string newer = (second.broker().directory() / "data" / "lifecycle.log").string();
    const Desk third(kServices);
    const auto rows = third.rows({"replay", lost.log, newer});
    CHECK(third.ids({"list"}).size() == 3);
    CHECK(told(rows, "refused").empty());
    CHECK(third.ids({"jobs", "mail"}).size() == 1);
}

TEST_CASE("replay chooses by service and time, and takes calls when it is told to") {
    Lost lost;
    Desk desk(kServices);
    const auto due = [&](const Args& more) {
        Args args = {"replay", lost.log, "--dry-run"};
        args.insert(args.end(), more.begin(), more.end());
        return told(desk.rows(args), "due");
    };
    CHECK(due({"--service", "mail"}) == std::set{lost.waiting});
    CHECK(due({"--service", "nobody"}).empty());
    CHECK(due({"--since", "1h"}) == lost.unfinished());
    CHECK(due({"--since", "2099-01-01T00:00:00Z"}).empty());
    CHECK(due({"--since", "2020-01-01T00:00:00Z"}) == lost.unfinished());
    CHECK(due({"--since", received_at(lost.desk.broker(), lost.waiting)}) ==
          std::set{lost.waiting, lost.after});
    CHECK(due({"--calls", "--service", "mail"}).size() == 2);
    CHECK(told(desk.rows({"replay", lost.log, "--service", "trial"}), "resubmitted") ==
          std::set{lost.running});
    // What the other waits for is not there unless it is replayed too.
    const Finished alone = desk.run({"replay", lost.log, "--service", "log"});
    CHECK(alone.code == kRefused);
    CHECK(has_all(alone.out, {lost.after, lost.waiting}));
}

TEST_CASE("A broker of the log that knows its jobs is given none again") {
    Desk desk(kServices);
    const std::string id = desk.submit("mail");
    const std::string log = (desk.broker().directory() / "data" / "lifecycle.log").string();
    REQUIRE(desk.broker().wait_for_events(1, "RECEIVED", "mail"));
    const auto rows = desk.rows({"replay", log});
    CHECK(told(rows, "known") == std::set{id});
    CHECK(desk.ids({"list"}) == Args{id});
}

TEST_CASE("replay says what it cannot read, and what a broker refuses") {
    Desk desk(kServices);
    const Finished none = desk.run({"replay", "nothing.log"});
    CHECK(none.code == kRefused);
    CHECK(has(none.err, "nothing.log"));
    CHECK(desk.run({"replay"}).code == kUsage);
    CHECK(desk.run({"replay", "nothing.log", "--since", "soon"}).code == kUsage);
    const TempDirectory directory;
    const std::string broken = directory.write("broken.log", "{\"event\":\nno line\n");
    const Finished read = desk.run({"replay", broken});
    CHECK(read.code == kSuccess);
    CHECK(read.err == "steward: 2 lines could not be read\n");

    const Lost lost;
    desk.say({"disable", "mail"});
    const Finished refused =
        desk.run_out_of_time({"replay", lost.log, "--service", "mail"}, kRefused);
    CHECK(refused.code == kRefused);
    CHECK(has_all(refused.out, {lost.waiting, "disabled"}));
    CHECK(desk.ids({"list"}).empty());
}

}  // namespace steward::e2e
