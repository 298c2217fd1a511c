// tests/browser: one job: its life, why it is where it is, what it was given and gave.
#include <doctest/doctest.h>

#include "tests/browser/harness/house.hpp"
#include "tests/e2e/harness/samples.hpp"

namespace steward::browser {

namespace {

using nlohmann::json;

bool lists(const std::vector<std::string>& all, std::string_view wanted) {
    for (const std::string& each : all) {
        if (each == wanted) {
            return true;
        }
    }
    return false;
}

}  // namespace

TEST_CASE("A job is followed to its end: events, progress, partial results, result") {
    House house;
    e2e::Desk& desk = house.desk();
    desk.start_worker(e2e::kRandomProgram, "random");
    desk.say({"pause", "random"});
    const std::string job =
        desk.submit("random", {{"count", 3}, {"length", 4}, {"charset", "q"}}, {"--group", "acme"});
    Browser& page = house.visit("#/jobs/" + job);
    page.wait_for_text("ready");
    page.wait_for_text("is paused until an operator resumes it", ".why");
    page.wait_for_text("\"charset\": \"q\"");
    page.wait_for_text("RECEIVED", ".timeline");
    desk.say({"resume", "random"});
    page.wait_for_text("succeeded", ".headline");
    page.wait_for_text("EXECUTE_COMPLETE", ".timeline");
    page.wait_for_text("qqqq\nqqqq\nqqqq");
    const auto events = page.texts(".event-name");
    CHECK(events.front() == "RECEIVED");
    CHECK(events.back() == "EXECUTE_COMPLETE");
    CHECK(lists(events, "EXECUTE_START"));
    CHECK(page.value("document.querySelectorAll('.life rect').length") == 2);
    CHECK(page.value("named('Cancel') === null") == true);
    page.press("acme");
    page.wait_for("location.hash === '#/jobs?group=acme'");
    page.wait_for_text(job);
    house.check_quiet();
}

TEST_CASE("A job that has ended before anybody looked still has a life, params and a result") {
    House house;
    house.desk().start_worker(e2e::kReverseProgram, "reverse");
    const std::string job = house.desk().submit("reverse", "stressed");
    REQUIRE(house.desk().reaches(job, "succeeded"));
    Browser& page = house.visit("#/jobs/" + job);
    page.wait_for_text("desserts");
    const auto events = page.texts(".event-name");
    REQUIRE(events.size() >= 3);
    CHECK(events.front() == "RECEIVED");
    CHECK(events.back() == "EXECUTE_COMPLETE");
    house.check_quiet();
}

TEST_CASE("Each attempt of a job is shown with its end, and a dead one is retried or discarded") {
    House house;
    e2e::Desk& desk = house.desk();
    desk.start_worker(e2e::kTrialProgram, "trial");
    desk.say({"pause", "trial"});
    const std::string job = desk.submit("trial",
                                        {{"outcome", "fail"}, {"why", "no paper"}},
                                        {"--max-attempts", "2", "--backoff", "10ms"});
    Browser& page = house.visit("#/jobs/" + job);
    page.wait_for_text("RECEIVED", ".timeline");
    desk.say({"resume", "trial"});
    page.wait_for_text("dead", ".headline");
    page.wait_for_text("no paper", ".headline");
    page.wait_for_text("it waits for an operator to retry or discard it", ".why");
    page.wait_for_text("DEAD", ".timeline");
    page.wait_for("document.querySelectorAll('table[aria-label=Attempts] tbody tr').length === 2");
    CHECK(page.shows("failed: no paper", "table[aria-label=Attempts]"));
    desk.say({"pause", "trial"});
    page.press("Retry");
    page.wait_for_text("ready", ".headline");
    CHECK(desk.state(job) == "ready");
    desk.say({"resume", "trial"});
    page.wait_for_text("dead", ".headline");
    page.press("Discard");
    page.wait_for_text("cannot be retried any more", "dialog");
    page.press("Discard");
    page.wait_for("location.hash === '#/dead'");
    CHECK(desk.rows({"list", "--state", "dead"}).empty());
    house.check_quiet();
}

TEST_CASE("A waiting job's priority and time are changed, a running one is told to stop") {
    House house;
    e2e::Desk& desk = house.desk();
    desk.start_worker(e2e::kTrialProgram, "trial");
    const std::string running = desk.submit("trial", e2e::kLong);
    REQUIRE(desk.reaches(running, "active"));
    const std::string waiting = desk.submit("trial", json::object(), {"--delay", "1h"});
    Browser& page = house.visit("#/jobs/" + waiting);
    page.wait_for_text("scheduled", ".headline");
    page.press("Change");
    page.fill("Priority", "high");
    page.fill("Start after", "soon");
    page.press("Change");
    page.wait_for_text("soon", "dialog .problem");
    page.fill("Start after", "0s");
    page.press("Change");
    page.wait_for_text("ready", ".headline");
    page.wait_for_text("4096");
    CHECK(desk.ask({"status", waiting}).value("priority", 0) == 4096);
    page.go("#/jobs/" + running);
    page.wait_for_text("active", ".headline");
    page.wait_for_text("at work");
    page.press("Cancel");
    page.press("Cancel the job");
    page.wait_for_text("cancelled", ".headline");
    CHECK(desk.state(running) == "cancelled");
    house.check_quiet();
}

TEST_CASE("A job that nobody knows is told so") {
    House house;
    Browser& page = house.visit(std::string("#/jobs/") + e2e::kUnknownJob);
    page.wait_for_text(e2e::kUnknownJob, "main .problem");
    house.check_quiet();
}

}  // namespace steward::browser
