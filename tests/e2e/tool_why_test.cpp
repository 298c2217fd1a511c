// tests/e2e: `steward why`: the words for each thing that a job can wait for.
#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

using nlohmann::json;

TEST_CASE("why: its place, and that no worker is there or free") {
    Desk desk("[[service]]\nname = \"trial\"\n");
    const std::string first = desk.submit("trial", kLong);
    const Args told = lines_of(desk.say({"why", first}));
    REQUIRE(told.size() == 3);
    CHECK(told[0] == first + "  trial  ready");
    CHECK(told[1] == "  it is number 1 in its queue of 1 job at priority 2048");
    CHECK(told[2] == R"(  no worker serves "trial" on the channel "default")");

    const std::string second = desk.submit("trial", kLong, {"--priority", "low"});
    desk.start_worker(kTrialProgram, "trial");
    REQUIRE(desk.reaches(first, "active"));
    CHECK(
        has_all(desk.say({"why", first}),
                {"it runs on a worker (", ", attempt 1\n", "its time limit ends the attempt in "}));
    CHECK(has_all(desk.say({"why", second}),
                  {"at priority 1024\n", "1 worker serves \"trial\"\n", " runs 1 of 1\n"}));
    const std::string special = desk.submit("trial", kLong, {"--channel", "gpu"});
    CHECK(has(desk.say({"why", special}),
              R"(no worker serves "trial" on the channel "gpu"; 1 worker on other channels)"));
}

TEST_CASE("why: a limit, a group, and rates") {
    Desk desk;
    desk.start_worker(kTrialProgram, "trial", {"--concurrency", "4"});
    desk.say({"limits", "set", "database", "--at-once", "1", "--services", "trial"});
    const std::string running = desk.submit("trial", kLong);
    REQUIRE(desk.reaches(running, "active"));
    const std::string held = desk.submit("trial");
    CHECK(has(desk.say({"why", held}),
              "the limit \"database\" lets 1 run at once, and 1 do: until one ends\n"));
    desk.say({"limits", "remove", "database"});
    REQUIRE(desk.reaches(held, "succeeded"));

    desk.say({"limits", "set", "hourly", "--rate", "1/1h", "--services", "trial"});
    REQUIRE(desk.reaches(desk.submit("trial"), "succeeded"));
    const std::string next = desk.submit("trial");
    CHECK(has(desk.say({"why", next}),
              "the limit \"hourly\" lets one start every 3600.0 s, the next in 35"));
    desk.say({"limits", "remove", "hourly"});
    CHECK(desk.reaches(next, "succeeded"));

    const Args acme = {"--group", "acme", "--group-limit", "1"};
    const std::string one = desk.submit("trial", kLong, acme);
    const std::string two = desk.submit("trial", kLong, acme);
    REQUIRE(desk.reaches(one, "active"));
    CHECK(has(desk.say({"why", two}),
              "the group \"acme\" lets 1 run at once, and 1 do: until one ends\n"));
}

TEST_CASE("why: an operator has stopped the service, or all of them") {
    Desk desk;
    desk.start_worker(kTrialProgram, "trial");
    desk.say({"pause", "trial"});
    const std::string id = desk.submit("trial");
    const auto why = [&] { return desk.say({"why", id}); };
    CHECK(has(why(), "the service \"trial\" is paused until an operator resumes it\n"));
    desk.say({"disable", "trial"});
    CHECK(has(why(), "the service \"trial\" is disabled until an operator resumes it\n"));
    desk.say({"pause", "--all"});
    desk.say({"enable", "trial"});
    CHECK(has(why(), "every service is paused until an operator resumes it\n"));
    desk.say({"resume", "--all"});
    CHECK(desk.reaches(id, "succeeded"));
}

TEST_CASE("why: its time, its last failure, other jobs, its end") {
    Desk desk({}, "1min");
    desk.start_worker(kTrialProgram, "trial", {"--concurrency", "4"});
    const std::string later = desk.submit("trial", {}, {"--delay", "1h", "--expires-in", "2h"});
    CHECK(has_all(desk.say({"why", later}),
                  {"  trial  scheduled\n",
                   "it is to run not before its time, in 35",
                   "unless it starts it expires in 71"}));
    const std::string failing =
        desk.submit("trial", {{"outcome", "fail"}, {"why", "no paper"}}, {"--backoff", "30min"});
    REQUIRE(desk.reaches(failing, "scheduled"));
    CHECK(has(desk.say({"why", failing}), "; its last attempt: no paper\n"));
    const std::string after = desk.submit("trial", {}, {"--after", later + "," + failing});
    CHECK(has_all(desk.say({"why", after}),
                  {"it waits for 2 jobs to succeed\n",
                   "job " + later + " of \"trial\" is scheduled\n",
                   "job " + failing + " of \"trial\" is scheduled\n"}));
    desk.say({"cancel", failing});
    REQUIRE(desk.reaches(after, "dead"));
    CHECK(
        has_all(desk.say({"why", after}),
                {"it is a dead letter after ", "it waits for an operator to retry or discard it"}));
    const std::string done = desk.submit("trial");
    REQUIRE(desk.reaches(done, "succeeded"));
    CHECK(has(desk.say({"why", done}), "it has ended: it is succeeded\n"));
    const json report = desk.ask({"why", done});
    CHECK(report["reasons"] == json::array({"it has ended: it is succeeded"}));

    const std::string stubborn = desk.submit("trial", {{"seconds", 600}, {"ignore_stop", true}});
    REQUIRE(desk.reaches(stubborn, "active"));
    desk.say({"cancel", stubborn});
    CHECK(has(desk.say({"why", stubborn}), "its worker was told to stop it; it ends in 5"));
}

}  // namespace steward::e2e
