// tests/browser: dead letters.
#include <doctest/doctest.h>

#include "tests/browser/harness/house.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::browser {

namespace {

using nlohmann::json;

json rejected(int number) {
    return {{"outcome", "reject"}, {"why", "no paper"}, {"number", number}};
}

std::string rows_are(int wanted) {
    return "document.querySelectorAll('tbody a.code').length === " + std::to_string(wanted);
}

}  // namespace

TEST_CASE("Dead letters are retried and discarded: one, those ticked, and all of a filter") {
    House house;
    e2e::Desk& desk = house.desk();
    desk.start_worker(e2e::kTrialProgram, "trial");
    desk.start_worker(e2e::kTrialProgram, "other");
    e2e::Args jobs;
    for (int i = 0; i < 6; ++i) {
        jobs.push_back(desk.submit("trial", rejected(i), {"--group", "acme"}));
    }
    const std::string apart = desk.submit("other", rejected(9));
    REQUIRE(e2e::wait_until([&] { return desk.ids({"list", "--state", "dead"}).size() == 7; }));
    desk.say({"pause", "--all"});  // what is retried stays to be seen

    Browser& page = house.visit("#/dead");
    page.wait_for(rows_are(7));
    CHECK(page.shows("no paper"));
    page.wait_for_text("7", "#dead-count");
    page.press("Retry " + jobs[0]);
    page.wait_for(rows_are(6));
    CHECK(desk.state(jobs[0]) == "ready");
    page.press("Discard " + jobs[1]);
    page.press("Discard");
    page.wait_for(rows_are(5));
    page.press("Select " + jobs[2]);
    page.press("Select " + jobs[3]);
    page.wait_for_text("2 selected");
    page.press("Retry selected");
    page.wait_for_text("2 dead letters", "dialog");
    page.press("Retry them");
    page.wait_for(rows_are(3));
    CHECK(desk.state(jobs[2]) == "ready");
    CHECK(desk.state(jobs[3]) == "ready");
    page.fill("Filter by group", "acme");
    page.wait_for(rows_are(2));
    page.press("Discard all");
    page.wait_for_text("group “acme”", "dialog");
    page.press("Discard them");
    page.wait_for_text("No dead letters");
    CHECK(desk.state(apart) == "dead");
    page.fill("Filter by group", "");
    page.wait_for(rows_are(1));
    page.press("select this page");
    page.press("Retry selected");
    page.press("Cancel");
    CHECK(desk.state(apart) == "dead");
    house.check_quiet();
}

}  // namespace steward::browser
