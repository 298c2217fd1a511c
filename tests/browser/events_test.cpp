// tests/browser: events as they happen, and workers as they come and go.
#include <doctest/doctest.h>

#include "tests/browser/harness/house.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::browser {

TEST_CASE("Events are shown as they happen, of chosen services and kinds, and can be held") {
    House house("[[service]]\nname = \"mail\"\n[[service]]\nname = \"resize\"\n");
    Browser& page = house.visit("#/events");
    page.wait_for_text("waiting for events");
    // Whoever begins to listen hears what comes once the broker knows of it.
    const auto hears = [&](const std::string& service) {
        return e2e::wait_until([&] { return page.shows(house.desk().submit(service)); });
    };
    REQUIRE(hears("mail"));
    page.wait_for_text("ENQUEUED");
    page.fill("Only of these services", "resize");
    page.fill("Only these events", "received");
    page.press("Clear");
    page.wait_for_text("waiting for events");
    (void)house.desk().submit("mail");
    REQUIRE(hears("resize"));
    CHECK_FALSE(page.shows("mail", "tbody"));
    CHECK_FALSE(page.shows("ENQUEUED"));
    page.press("Hold");
    const std::string held = house.desk().submit("resize");
    page.press("Go on");
    page.wait_for_text(held);
    house.check_quiet();
}

TEST_CASE("Workers come, are found by a part of their service's name, and leave") {
    House house;
    house.desk().start_worker(e2e::kReverseProgram, "reverse");
    house.desk().start_worker(e2e::kTrialProgram, "trial", {"--channel", "blue"});
    Browser& page = house.visit("#/workers");
    page.wait_for_text("2 of 2");
    page.wait_for_text("blue");
    page.fill("Filter workers by id, library or service", "rev");
    page.wait_for_text("1 of 2");
    page.press("reverse");
    page.wait_for("location.hash === '#/services/reverse'");
    page.go("#/workers");
    page.wait_for_text("2 of 2");
    house.desk().stop_workers();
    page.wait_for_text("No worker is here");
    house.check_quiet();
}

}  // namespace steward::browser
