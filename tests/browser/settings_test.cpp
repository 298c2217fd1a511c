// tests/browser: schedules, groups, limits and batches.
#include <doctest/doctest.h>

#include "tests/browser/harness/house.hpp"
#include "tests/e2e/harness/samples.hpp"

namespace steward::browser {

namespace {

constexpr const char* kMailAlone = "[[service]]\nname = \"mail\"\n";

}  // namespace

TEST_CASE("A schedule is made, changed and removed; mistakes are told in the dialog") {
    House house(kMailAlone);
    Browser& page = house.visit("#/schedules");
    page.wait_for_text("No schedule");
    page.press("New schedule");
    page.fill("Name", "nightly");
    page.fill("When", "at night");
    page.fill("Service", "mail");
    page.press("Set");
    page.wait_for_text("at night", "dialog .problem");
    page.fill("When", "0 3 * * *");
    page.fill("Params", "{\"to\": \"ann\"}");
    page.press("Set");
    page.wait_for_text("nightly");
    CHECK(house.desk().rows({"schedule"}).at(0).value("expression", "") == "0 3 * * *");
    page.press("Change nightly");
    page.fill("When", "@hourly");
    page.fill("Missed runs", "once");
    page.press("Set");
    page.wait_for_text("@hourly");
    CHECK(house.desk().rows({"schedule"}).at(0).value("missed", "") == "once");
    page.press("Remove nightly");
    page.press("Remove");
    page.wait_for_text("No schedule");
    CHECK(house.desk().rows({"schedule"}).empty());
    house.check_quiet();
}

TEST_CASE("A limit is made, changed and removed") {
    House house(kMailAlone);
    Browser& page = house.visit("#/limits");
    page.wait_for_text("No limit");
    page.press("New limit");
    page.fill("Name", "database");
    page.fill("At once", "20");
    page.fill("Services", "mail, report");
    page.press("Set");
    page.wait_for_text("mail, report");
    page.press("Change database");
    page.fill("Rate", "5/s");
    page.press("Set");
    page.wait_for_text("5/s");
    const auto limit = house.desk().rows({"limits"}).at(0);
    CHECK(limit.value("at_once", 0) == 20);
    CHECK(limit.value("rate", "") == "5/s");
    page.press("Remove database");
    page.press("Remove");
    page.wait_for_text("No limit");
    house.check_quiet();
}

TEST_CASE("A group's weight, limit and rate are changed") {
    House house(kMailAlone);
    (void)house.desk().submit("mail", 1, {"--group", "acme"});
    Browser& page = house.visit("#/groups");
    page.press("Change acme");
    page.fill("Weight", "0");
    page.press("Set");
    page.wait_for_text("1000", "dialog .problem");
    page.fill("Weight", "7");
    page.fill("At once", "3");
    page.fill("Rate", "10/s");
    page.press("Set");
    page.wait_for_text("10/s");
    const auto group = house.desk().rows({"groups"}).at(0);
    CHECK(group.value("weight", 0) == 7);
    CHECK(group.value("limit", 0) == 3);
    page.press("acme");
    page.wait_for("location.hash === '#/jobs?group=acme'");
    house.check_quiet();
}

TEST_CASE("A batch shows how far it is and is closed") {
    House house;
    house.desk().start_worker(e2e::kReverseProgram, "reverse");
    const std::string batch = e2e::lines_of(house.desk().say({"batch", "open"})).at(0);
    (void)house.desk().submit("reverse", "x", {"--batch", batch});
    Browser& page = house.visit("#/batches");
    page.wait_for_text(batch);
    page.wait_for_text("1 of 1");
    page.press("Close " + batch);
    page.press("Close it");
    page.wait_for_text("complete");
    house.check_quiet();
}

}  // namespace steward::browser
