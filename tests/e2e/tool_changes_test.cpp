// tests/e2e: `steward cancel`, `retry`, `discard`, `purge` and `edit` on real jobs.
#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

using nlohmann::json;

namespace {

const json kRejected = {{"outcome", "reject"}, {"why", "no paper"}};

}  // namespace

TEST_CASE("cancel ends what waits at once and tells what runs to stop") {
    Desk desk({}, "10s");
    desk.start_worker(kTrialProgram, "trial");
    const std::string running = desk.submit("trial", kLong);
    REQUIRE(desk.reaches(running, "active"));
    const std::string waiting = desk.submit("trial");
    CHECK(desk.say({"cancel", waiting}) == "1 job cancelled\n");
    CHECK(desk.state(waiting) == "cancelled");
    CHECK(desk.say({"cancel", running}) == "1 job cancelled\n");
    CHECK(desk.reaches(running, "cancelled"));
    CHECK(desk.broker().wait_for_events(1, "CANCELLED", "trial"));
    CHECK(desk.broker().count_events("CANCELLING", "trial") == 1);
    CHECK(desk.broker().count_events("DELEGATE_START", "trial") == 1);
    desk.say({"call", "trial"});                                   // the worker lives on
    CHECK(desk.say({"cancel", waiting}) == "0 jobs cancelled\n");  // it is as it was to be
}

TEST_CASE("cancel takes several ids, or all of a service, context or group") {
    Desk desk("[[service]]\nname = \"a\"\n[[service]]\nname = \"b\"\n");
    const std::string one = desk.submit("a");
    const std::string two = desk.submit("b");
    CHECK(desk.ask({"cancel", one, two})["changed"] == 2);
    const std::string three = desk.submit("a", 1, {"--context", "order"});
    const std::string four = desk.submit("b", 1, {"--context", "order", "--group", "acme"});
    const std::string five = desk.submit("b", 1, {"--group", "acme"});
    const std::string six = desk.submit("b");
    CHECK(desk.say({"cancel", "--context", "order", "--service", "a"}) == "1 job cancelled\n");
    CHECK(desk.state(three) == "cancelled");
    CHECK(desk.say({"cancel", "--group", "acme"}) == "2 jobs cancelled\n");
    CHECK(desk.state(four) == "cancelled");
    CHECK(desk.state(five) == "cancelled");
    CHECK(desk.state(six) == "ready");
    CHECK(desk.say({"cancel", "--service", "nobody"}) == "0 jobs cancelled\n");
    CHECK(desk.run({"cancel"}).code == kUsage);
    CHECK(desk.state(six) == "ready");
}

TEST_CASE("purge cancels what waits for a service and leaves what runs") {
    Desk desk;
    desk.start_worker(kTrialProgram, "trial");
    const std::string running = desk.submit("trial", kLong);
    REQUIRE(desk.reaches(running, "active"));
    static_cast<void>(desk.submit("trial", 1, {"--delay", "1h"}));
    static_cast<void>(desk.submit("trial", 1, {"--after", running}));
    static_cast<void>(desk.submit("trial", 1, {"--group", "acme"}));
    CHECK(desk.say({"purge", "trial", "--group", "acme"}) == "1 job cancelled\n");
    CHECK(desk.say({"purge", "trial"}) == "2 jobs cancelled\n");
    CHECK(desk.state(running) == "active");
    CHECK(desk.ids({"jobs"}).empty());
    CHECK(desk.run({"purge"}).code == kUsage);
}

TEST_CASE("retry runs dead letters again with their attempts counted anew; discard forgets them") {
    Desk desk;
    desk.start_worker(kTrialProgram, "trial", {"--concurrency", "2"});
    const std::string one = desk.submit("trial", kRejected);
    const std::string two = desk.submit("trial", kRejected, {"--group", "acme"});
    const std::string three = desk.submit("trial", kRejected);
    for (const std::string& id : {one, two, three}) {
        REQUIRE(desk.reaches(id, "dead"));
    }
    CHECK(desk.ids({"list", "--state", "dead"}).size() == 3);
    CHECK(desk.say({"retry", one}) == "1 job will run again\n");
    CHECK(desk.broker().wait_for_events(4, "DEAD", "trial"));
    REQUIRE(desk.reaches(one, "dead"));
    CHECK(desk.ask({"status", one})["failures"] == 1);
    CHECK(desk.say({"discard", "--group", "acme"}) == "1 job discarded\n");
    CHECK(desk.say({"retry", "--service", "trial"}) == "2 jobs will run again\n");
    CHECK(desk.broker().wait_for_events(6, "DEAD", "trial"));
    REQUIRE(wait_until([&] { return desk.ids({"list", "--state", "dead"}).size() == 2; }));
    CHECK(desk.say({"discard", "--all"}) == "2 jobs discarded\n");
    CHECK(desk.ids({"list", "--state", "dead"}).empty());
    CHECK(desk.broker().wait_for_events(3, "DISCARDED", "trial"));
    CHECK(desk.say({"retry", "--all"}) == "0 jobs will run again\n");
    const Finished gone = desk.run({"retry", two});
    CHECK(gone.code == kRefused);
    CHECK(has(gone.err, two));
    for (const char* verb : {"retry", "discard"}) {
        CHECK(desk.run({verb}).code == kUsage);
    }
}

TEST_CASE("edit moves a job that waits, by its priority or its time") {
    Desk desk("[[service]]\nname = \"trial\"\n");
    const std::string first = desk.submit("trial");
    const std::string second = desk.submit("trial");
    const std::string later = desk.submit("trial", 1, {"--delay", "1h"});
    CHECK(desk.ask({"status", second})["place"] == 2);
    CHECK(desk.say({"edit", second, "--priority", "urgent"}) == "1 job changed\n");
    CHECK(desk.ask({"status", second})["place"] == 1);
    CHECK(desk.ask({"status", first})["place"] == 2);
    CHECK(desk.say({"edit", later, "--priority=-5", "--delay", "0s"}) == "1 job changed\n");
    CHECK(desk.state(later) == "ready");
    CHECK(desk.ask({"status", later})["priority"] == -5);
    CHECK(desk.say({"edit", first, "--delay", "30min"}) == "1 job changed\n");
    CHECK(desk.state(first) == "scheduled");

    CHECK(desk.run({"edit", first}).code == kUsage);
    CHECK(desk.run({"edit", first, "--priority", "soon"}).code == kUsage);
    CHECK(desk.run({"edit", first, "--delay", "soon"}).code == kUsage);
    desk.say({"cancel", first});
    const Finished ended = desk.run({"edit", first, "--delay", "1s"});
    CHECK(ended.code == kRefused);
    CHECK(has(ended.err, first));
}

}  // namespace steward::e2e
