// tests/e2e: `steward call`, `submit`, `wait`, `result` and `status` with real workers, and what
// each end of a job does to the exit status.
#include <set>

#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

using nlohmann::json;

TEST_CASE("call prints the result, parts before it, and one document a line as JSON") {
    Desk desk;
    desk.start_worker(kReverseProgram, "reverse");
    desk.start_worker(kRandomProgram, "random");
    CHECK(desk.say({"call", "reverse", R"("straße")"}) == "\"eßarts\"\n");
    CHECK(desk.say({"call", "reverse", "str=ab"}) == "\"ba\"\n");
    CHECK(desk.say({"call", "random", "count=3", "length=2", "charset=x"}) ==
          "\"xx\"\n\"xx\"\n\"xx\"\n");

    const auto told = desk.rows({"call", "random", "count=2", "length=1", "charset=y"});
    std::size_t parts = 0;
    std::size_t steps = 0;
    for (const json& line : told) {
        CHECK(line["job"].get<std::string>().size() == 26);
        parts += line.value("partial", "") == "y" ? 1U : 0U;
        steps += line.contains("progress") ? 1U : 0U;
    }
    CHECK(parts == 2);
    CHECK(steps >= 1);
    REQUIRE_FALSE(told.empty());
    CHECK(told.back().contains("result"));
}

TEST_CASE("Params come from words, from a file and from standard input") {
    Desk desk;
    const std::string file = (desk.broker().directory() / "lines").string();
    desk.start_worker(kLogProgram, "log", {"--file", file});
    const TempDirectory params;
    const std::string path = params.write("params.json", R"({"line": "from a file"})");
    desk.say({"call", "log", R"({"line": "as JSON"})"});
    desk.say({"call", "log", "line=a word"});
    desk.say({"call", "log", "@" + path});
    CHECK(desk.run_with_input(R"({"line": "from input"})", {"call", "log", "-"}).code == kSuccess);
    desk.say({"call", "log", "to=ann", "copies=2", "ids:=[1,2]"});
    desk.say({"call", "log", "--", "-x=5"});
    CHECK(read_file(file) ==
          "as JSON\na word\nfrom a file\nfrom input\n"
          "{\"copies\":2,\"ids\":[1,2],\"to\":\"ann\"}\n{\"-x\":5}\n");
}

TEST_CASE("submit prints an id a line, also of many") {
    Desk desk;
    const std::string file = (desk.broker().directory() / "lines").string();
    desk.start_worker(kLogProgram, "log", {"--file", file});
    const Args ids = lines_of(desk.say({"submit", "log", "line=x", "--count", "2500"}));
    REQUIRE(ids.size() == 2500);
    CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == 2500);
    CHECK(desk.reaches(ids.back(), "succeeded"));
    CHECK(lines_of(read_file(file)).size() == 2500);
    CHECK(desk.ask({"submit", "log"})["job"].get<std::string>().size() == 26);
}

TEST_CASE("result tells a job that goes on from one that has ended; wait waits") {
    Desk desk({}, "10s");
    desk.start_worker(kTrialProgram, "trial");
    const std::string endless = desk.submit("trial", kLong);
    const Finished early = desk.run({"result", endless});
    CHECK(early.code == kTimeout);
    CHECK(early.out.empty());
    CHECK(has(early.err, "steward wait"));
    const Finished impatient = desk.run_out_of_time({"wait", endless});
    CHECK(impatient.code == kTimeout);
    CHECK(has_all(impatient.err, {endless, "--timeout"}));
    desk.say({"cancel", endless});
    const std::string id = desk.submit("trial", {{"seconds", 0.5}});
    CHECK(desk.ask({"wait", id})["result"]["id"] == id);
    CHECK(desk.ask({"result", id})["result"]["attempt"] == 1);
}

TEST_CASE("status shows what is known in each state") {
    Desk desk;
    desk.start_worker(kTrialProgram, "trial");
    const std::string running = desk.submit("trial", json::parse(kUntilTold));
    const std::string waiting = desk.submit("trial", 5, {"--group", "acme", "--context", "day"});
    REQUIRE(desk.reaches(running, "active"));
    CHECK(wait_until([&] { return has(desk.say({"status", running}), "at work"); }));
    CHECK(has_all(
        desk.say({"status", waiting}),
        {"state        ready\n", "place        1\n", "group        acme\n", "context      day\n"}));
    const json status = desk.ask({"status", running});
    CHECK(status["state"] == "active");
    CHECK(status["attempt"] == 1);
    CHECK(status["service"] == "trial");
    CHECK(status.contains("worker"));
}

TEST_CASE("The exit status tells how a job ended") {
    Desk desk({}, "10s");
    desk.start_worker(kTrialProgram, "trial", {"--concurrency", "8"});
    const auto call = [&](const std::string& params, const Args& more = {}) {
        Args args = {"call", "trial", params};
        args.insert(args.end(), more.begin(), more.end());
        return desk.run(args);
    };
    CHECK(call("{}").code == kSuccess);
    const Finished failed = call(R"({"outcome":"fail","why":"no paper"})");
    CHECK(failed.code == kJobFailed);
    CHECK(failed.out.empty());
    CHECK(has(failed.err, "no paper"));
    CHECK(call(R"({"outcome":"throw"})").code == kJobFailed);
    CHECK(call(kUntilTold, {"--time-limit", "100ms"}).code == kJobFailed);
    CHECK(desk.run_out_of_time({"call", "trial", kUntilTold}).code == kTimeout);
    CHECK(call("{}", {"--priority", "soon"}).code == kUsage);
    CHECK(call("{").code == kUsage);
    CHECK(desk.run({"call", "nobody"}).code == kRefused);

    const std::string rejected = desk.submit("trial", {{"outcome", "reject"}, {"why", "too old"}});
    const Finished dead = desk.run({"wait", rejected});
    CHECK(dead.code == kJobFailed);
    CHECK(has(dead.err, "too old"));
    CHECK(desk.run({"result", rejected}).code == kJobFailed);

    desk.say({"pause", "trial"});
    const std::string expired = desk.submit("trial", {}, {"--expires-in", "50ms"});
    CHECK(desk.run({"wait", expired}).code == kJobFailed);
    const std::string cancelled = desk.submit("trial");
    desk.say({"cancel", cancelled});
    CHECK(desk.run({"wait", cancelled}).code == kJobFailed);
}

TEST_CASE("What a call asked for goes on when its time-out has passed") {
    Desk desk;
    desk.start_worker(kSleepProgram, "sleep");
    const Finished late = desk.run_out_of_time({"call", "sleep", "seconds=4"});
    CHECK(late.code == kTimeout);
    CHECK(late.out.empty());
    CHECK(lines_of(late.err).size() == 1);
    CHECK(desk.broker().wait_for_events(1, "EXECUTE_COMPLETE", "sleep"));
}

TEST_CASE("An async job that fails is tried again until it succeeds") {
    Desk desk;
    desk.start_worker(kTrialProgram, "trial");
    const std::string id = desk.submit("trial",
                                       {{"outcome", "throw"}, {"times", 2}},
                                       {"--backoff", "10ms", "--max-attempts", "5"});
    CHECK(desk.ask({"wait", id})["result"]["attempt"] == 3);
    CHECK(desk.ask({"hist"}).front()["attempt"] == 3);
}

}  // namespace steward::e2e
