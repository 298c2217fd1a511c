// tests/e2e: what `steward` sets and lists: limits, groups, schedules.
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

using nlohmann::json;

TEST_CASE("limits: set, listed, held to by several services, changed, removed") {
    Desk desk;
    desk.start_worker(kTrialProgram, "report", {"--concurrency", "4"});
    desk.start_worker(kTrialProgram, "import", {"--concurrency", "4"});
    CHECK(
        desk.say({"limits", "set", "database", "--at-once", "2", "--services", "report,import"}) ==
        "the limit database is set\n");
    const std::string one = desk.submit("report", kLong);
    const std::string two = desk.submit("import", kLong);
    REQUIRE(desk.reaches(one, "active"));
    REQUIRE(desk.reaches(two, "active"));
    const std::string three = desk.submit("import", kLong);
    const auto rows = desk.rows({"limits"});
    REQUIRE(rows.size() == 1);
    CHECK(rows[0]["limit"] == "database");
    CHECK(rows[0]["at_once"] == 2);
    CHECK(rows[0]["active"] == 2);
    CHECK(rows[0]["services"].size() == 2);
    CHECK(has_all(desk.say({"limits"}), {"AT ONCE", "database", "report,import"}));
    CHECK(desk.state(three) == "ready");

    desk.say({"limits", "set", "database", "--at-once", "3", "--services", "report,import"});
    CHECK(desk.reaches(three, "active"));
    const std::string four = desk.submit("report", kLong);
    CHECK(desk.state(four) == "ready");
    CHECK(desk.say({"limits", "remove", "database"}) == "the limit database is removed\n");
    CHECK(desk.reaches(four, "active"));
    CHECK(desk.rows({"limits"}).empty());

    CHECK(desk.run({"limits", "set", "database", "--services", "report"}).code == kUsage);
    CHECK(desk.run({"limits", "set", "database", "--at-once", "2"}).code == kUsage);
    const Finished rate =
        desk.run({"limits", "set", "x", "--rate", "often", "--services", "report"});
    CHECK(rate.code == kRefused);
    CHECK(has_all(rate.err, {"5/s", "\"often\""}));
    CHECK(desk.run({"limits", "remove", "nothing"}).code == kRefused);
}

TEST_CASE("groups: what an operator sets counts more than what jobs say") {
    Desk desk;
    desk.start_worker(kTrialProgram, "trial", {"--concurrency", "4"});
    CHECK(desk.say({"groups", "set", "acme", "--weight", "3", "--limit", "1"}) ==
          "the group acme is set\n");
    const Args acme = {"--group", "acme", "--group-limit", "4"};
    const std::string one = desk.submit("trial", kLong, acme);
    REQUIRE(desk.reaches(one, "active"));
    const std::string two = desk.submit("trial", kLong, acme);
    CHECK(desk.state(two) == "ready");
    const auto rows = desk.rows({"groups"});
    REQUIRE(rows.size() == 1);
    CHECK(rows[0]["group"] == "acme");
    CHECK(rows[0]["weight"] == 3);
    CHECK(rows[0]["limit"] == 1);
    CHECK(rows[0]["active"] == 1);
    CHECK(rows[0]["waiting"] == 1);
    CHECK(has_all(desk.say({"groups"}), {"WEIGHT", "acme"}));
    desk.say({"groups", "set", "acme", "--limit", "0", "--rate", "1000/s"});
    CHECK(desk.reaches(two, "active"));
    CHECK(desk.rows({"groups"}).at(0)["weight"] == 3);
    CHECK(desk.run({"groups", "set", "acme"}).code == kUsage);
    CHECK(desk.run({"groups", "set", "acme", "--weight", "0"}).code == kRefused);
}

TEST_CASE("schedule: set with its job, listed, changed, removed") {
    Desk desk("[[schedule]]\nname = \"fixed\"\nexpression = \"@yearly\"\nservice = \"trial\"\n");
    CHECK(desk.say({"schedule",
                    "set",
                    "nightly",
                    "30 3 * * *",
                    "mail",
                    "to=ann",
                    "--zone",
                    "Europe/Berlin",
                    "--missed",
                    "once",
                    "--priority",
                    "high"}) == "the schedule nightly is set\n");
    const auto rows = [&] { return desk.rows({"schedule"}); };
    REQUIRE(rows().size() == 2);
    const auto nightly = [&] {
        const auto all = rows();
        const auto found =
            std::ranges::find_if(all, [](const json& row) { return row["schedule"] == "nightly"; });
        return found == all.end() ? json() : *found;
    };
    CHECK(nightly()["expression"] == "30 3 * * *");
    CHECK(nightly()["zone"] == "Europe/Berlin");
    CHECK(nightly()["missed"] == "once");
    CHECK(nightly()["service"] == "mail");
    CHECK(has_all(desk.say({"schedule", "list"}),
                  {"NEXT IN", "nightly", "fixed", "@yearly", ":30:00Z", "yes"}));
    desk.say({"schedule", "set", "nightly", "@daily", "mail"});
    CHECK(nightly()["expression"] == "@daily");
    CHECK(desk.say({"schedule", "remove", "nightly"}) == "the schedule nightly is removed\n");
    CHECK(nightly().is_null());

    const Finished few = desk.run({"schedule", "set", "x", "0 3 * *", "mail"});
    CHECK(few.code == kRefused);
    CHECK(has_all(few.err, {"five fields", "\"0 3 * *\" has 4"}));
    const Finished zone =
        desk.run({"schedule", "set", "x", "@daily", "mail", "--zone", "Mars/Base"});
    CHECK(zone.code == kRefused);
    CHECK(has(zone.err, "Mars/Base"));
    const Finished configured = desk.run({"schedule", "remove", "fixed"});
    CHECK(configured.code == kRefused);
    CHECK(has(configured.err, "fixed"));
    CHECK(desk.run({"schedule", "remove", "nothing"}).code == kRefused);
    CHECK(desk.run({"schedule", "set", "x", "@daily", "mail", "{"}).code == kUsage);
}

}  // namespace steward::e2e
