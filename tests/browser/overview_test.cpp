// tests/browser: the first page: an empty system, a busy one, one of a thousand services.
#include <doctest/doctest.h>

#include "tests/browser/harness/house.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::browser {

namespace {

constexpr const char* kTwoServices =
    "[[service]]\nname = \"mail\"\n[[service]]\nname = \"resize\"\n";

std::string thousand_services() {
    std::string config;
    for (int i = 0; i < 1000; ++i) {
        config += "[[service]]\nname = \"service-" + std::to_string(1000 + i) + "\"\n";
    }
    return config;
}

}  // namespace

TEST_CASE("An empty system tells how to submit a first job, and shows it once it is there") {
    House house;
    Browser& page = house.visit();
    page.wait_for_text("No service yet");
    CHECK(page.shows("steward submit reverse"));
    CHECK(page.shows("curl"));
    CHECK(page.shows(house.address() + "/v1/services/reverse/jobs"));
    CHECK(page.texts("tbody a").empty());

    house.desk().start_worker(e2e::kReverseProgram, "reverse");
    page.wait_for("document.querySelector('tbody a')?.innerText === 'reverse'");
    CHECK_FALSE(page.shows("No service yet"));
    page.press("Submit a job");
    page.fill("Service", "reverse");
    page.fill("Params", "\"stressed\"");
    page.press("Submit");
    page.wait_for_text("desserts");
    house.check_quiet();
}

TEST_CASE("A job that cannot be submitted is told in the dialog, which stays") {
    House house(kTwoServices);
    Browser& page = house.visit();
    page.press("Submit a job");
    page.fill("Service", "nobody");
    page.press("Submit");
    page.wait_for_text("nobody", "dialog .problem");
    page.fill("Service", "mail");
    page.fill("Params", "{no json");
    page.press("Submit");
    page.wait_for_text("no JSON", "dialog .problem");
    page.fill("Params", "");
    page.fill("Options", R"({"priority": "high", "delay": "1h"})");
    page.press("Submit");
    page.wait_for_text("scheduled");
    page.wait_for_text("4096");
    house.check_quiet();
}

TEST_CASE("Services are counted live, sorted by any column and found by a part of their name") {
    House house(kTwoServices);
    Browser& page = house.visit();
    page.wait_for("document.querySelectorAll('tbody a').length === 2");
    house.desk().say({"submit", "resize", "1", "--count", "3"});
    page.wait_for_text("3", ".figure");
    page.press("Waiting");
    page.wait_for("document.querySelector('tbody a').innerText === 'resize'");
    CHECK(page.value("document.querySelector('[aria-sort]').getAttribute('aria-sort')") ==
          "descending");
    page.press("Waiting");
    page.wait_for("document.querySelector('tbody a').innerText === 'mail'");
    page.fill("Filter services by name or mode", "RES");
    page.wait_for("document.querySelectorAll('tbody a').length === 1");
    page.wait_for_text("1 of 2");
    page.fill("Filter services by name or mode", "nothing like it");
    page.wait_for_text("No service has this name");
    page.fill("Filter services by name or mode", "");
    page.wait_for("document.querySelectorAll('.plot-line')[0].getAttribute('d').startsWith('M')");
    page.fill("Find a service or a job", "mail");
    page.keys("Enter");
    page.wait_for("location.hash === '#/services/mail'");
    house.check_quiet();
}

TEST_CASE("All services are paused, drained, disabled and resumed, but only when it is confirmed") {
    House house(kTwoServices);
    const auto mode = [&] { return house.desk().ask({"broker"}).value("mode", ""); };
    Browser& page = house.visit();
    page.press("Disable all services");
    page.wait_for_text("Kill switch", "dialog");
    CHECK(page.focused() == "Cancel");
    page.press("Cancel");
    page.wait_for("document.querySelector('dialog') === null");
    CHECK(mode() == "running");
    for (const auto& [word, wanted] : {std::pair("Pause", "paused"),
                                       std::pair("Drain", "draining"),
                                       std::pair("Disable", "disabled"),
                                       std::pair("Resume", "running")}) {
        const std::string label(word);
        INFO(label);
        page.press(std::string(word) + " all services");
        page.press(std::string(word) + " all");
        page.wait_for_text(wanted, ".bar .badge");
        CHECK(mode() == wanted);
    }
    house.check_quiet();
}

TEST_CASE("With a thousand services only those that can be seen are on the page, and it flows") {
    House house(thousand_services());
    Browser& page = house.visit();
    page.wait_for_text("1,000");
    page.wait_for("document.querySelectorAll('tbody a').length > 10");
    CHECK(page.value("document.querySelectorAll('tbody tr').length") < 80);
    CHECK(page.value("document.querySelector('table').getAttribute('aria-rowcount')") == "1001");
    page.run("scrollTo(0, document.body.scrollHeight)");
    page.wait_for("[...document.querySelectorAll('tbody a')].at(-1).innerText === 'service-1999'");
    CHECK(page.value("document.querySelectorAll('tbody tr').length") < 80);
    page.run("scrollTo(0, 0)");
    page.wait_for("document.querySelector('tbody a').innerText === 'service-1000'");
    // Work that a report asks of the page: far less than the second until the next one. One of them
    // may have been kept waiting in the middle of it.
    page.run(
        "window.long = 0, window.longest = [],"
        "window.note = (tasks) => long = Math.max(long, ...tasks.map((each) => each.duration)),"
        "window.watcher = new PerformanceObserver((list) => note(list.getEntries())),"
        "watcher.observe({entryTypes: ['longtask']})");
    for (int report = 0; report < 3; ++report) {
        page.run("window.before = document.querySelector('.plot-line').getAttribute('d')");
        page.wait_for("document.querySelector('.plot-line').getAttribute('d') !== before");
        page.run("note(watcher.takeRecords()), longest.push(long), window.long = 0");
    }
    page.fill("Filter services by name or mode", "service-1777");
    page.wait_for("document.querySelectorAll('tbody a').length === 1");
    CHECK(page.value("Math.min(...longest)") < 500);
    house.check_quiet();
}

TEST_CASE("What comes from elsewhere is text, whatever it looks like") {
    const std::string name = "<img/src=x/onerror=alert(1)>";
    House house("[[service]]\nname = \"" + name + "\"\n");
    Browser& page = house.visit();
    page.wait_for_text(name);
    const std::string job = house.desk().submit(name, "<script>window.bad=1</script>");
    page.go("#/jobs/" + job);
    page.wait_for_text("<script>window.bad=1</script>");
    page.wait_for_text(name);
    CHECK(page.value("document.querySelectorAll('main img, main script').length") == 0);
    CHECK(page.value("window.bad === undefined") == true);
    house.check_quiet();
}

}  // namespace steward::browser
