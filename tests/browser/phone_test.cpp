// tests/browser: a screen of 360 pixels.
#include <doctest/doctest.h>

#include "tests/browser/harness/house.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::browser {

namespace {

constexpr Screen kPhone{360, 740, true, false};

}  // namespace

TEST_CASE("On a phone each page is as wide as the screen, and what is pressed is a finger wide") {
    const std::string long_name = "a-service-with-a-name-that-is-much-longer-than-a-phone-is-wide";
    House house("[[service]]\nname = \"" + long_name + "\"\n");
    e2e::Desk& desk = house.desk();
    desk.start_worker(e2e::kTrialProgram, "trial");
    const std::string job = desk.submit(
        "trial",
        {{"outcome", "fail"},
         {"why", "a-reason-without-a-single-space-that-is-longer-than-the-screen-is-wide"}},
        {"--max-attempts", "2", "--backoff", "1ms", "--group", "acme"});
    REQUIRE(desk.reaches(job, "dead"));
    desk.say({"schedule", "set", "nightly", "0 3 * * *", "trial"});
    desk.say({"limits", "set", "database", "--at-once", "3", "--services", "trial," + long_name});
    Browser& page = house.visit("#/", kPhone);
    for (const std::string& hash : {std::string("#/"),
                                    "#/services/" + long_name,
                                    std::string("#/services/trial"),
                                    std::string("#/jobs"),
                                    "#/jobs/" + job,
                                    std::string("#/dead"),
                                    std::string("#/workers"),
                                    std::string("#/schedules"),
                                    std::string("#/groups"),
                                    std::string("#/limits"),
                                    std::string("#/batches"),
                                    std::string("#/events")}) {
        INFO(hash);
        page.go(hash);
        page.wait_for("document.querySelector('main h1')");
        page.wait_for(
            "document.querySelector('main tbody tr, main .timeline li, main .empty, main "
            "[role=status]')");
        CHECK(page.value("document.documentElement.scrollWidth") == 360);
        CHECK(page.value("[...document.querySelectorAll('main .button:not(.small), nav a')]"
                         ".filter(seen).every((node) => node.offsetHeight >= 34)") == true);
    }
}

TEST_CASE("On a phone a dead letter is retried, and a service is paused") {
    House house;
    e2e::Desk& desk = house.desk();
    desk.start_worker(e2e::kTrialProgram, "trial");
    const std::string job = desk.submit("trial", {{"outcome", "reject"}, {"why", "no paper"}});
    REQUIRE(desk.reaches(job, "dead"));
    Browser& page = house.visit("#/services/trial", kPhone);
    page.press("Pause trial");
    page.press("Pause");
    page.wait_for_text("paused", ".mode-now");
    page.click("nav a[href='#/dead']");
    page.wait_for_text("no paper");
    page.press("Select " + job);
    page.press("Retry selected");
    page.press("Retry them");
    page.wait_for_text("No dead letters");
    CHECK(desk.state(job) == "ready");
    house.check_quiet();
}

}  // namespace steward::browser
