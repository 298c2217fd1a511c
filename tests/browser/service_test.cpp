// tests/browser: one service, its figures and its switches.
#include <doctest/doctest.h>

#include "tests/browser/harness/house.hpp"
#include "tests/e2e/harness/samples.hpp"

namespace steward::browser {

TEST_CASE("A service is paused, drained, disabled, resumed and purged from its page") {
    House house;
    house.desk().start_worker(e2e::kTrialProgram, "trial");
    const auto mode = [&] { return house.desk().service("trial").value("mode", ""); };
    Browser& page = house.visit("#/services/trial");
    page.press("Pause trial");
    page.wait_for_text("none is started", "dialog");
    page.press("Cancel");
    page.wait_for("document.querySelector('dialog') === null");
    CHECK(mode() == "running");
    for (const auto& [word, wanted] : {std::pair("Drain", "draining"),
                                       std::pair("Disable", "disabled"),
                                       std::pair("Resume", "running"),
                                       std::pair("Pause", "paused")}) {
        const std::string label(word);
        INFO(label);
        page.press(std::string(word) + " trial");
        page.press(word);
        page.wait_for_text(wanted, ".mode-now");
        CHECK(mode() == wanted);
    }
    house.desk().say({"submit", "trial", "1", "--count", "7"});
    page.wait_for_text("7", ".figure");
    page.press("Purge");
    page.wait_for_text("7 jobs", "dialog");
    page.press("Purge");
    page.wait_for_text("7 jobs of trial cancelled", "#notices");
    page.wait_for_text("0", ".figure");
    CHECK(house.desk().service("trial").value("ready", 9) == 0);
    house.check_quiet();
}

TEST_CASE("A service shows its workers, what it has done of late, and its jobs as they change") {
    House house;
    house.desk().start_worker(e2e::kTrialProgram, "trial", {"--concurrency", "2"});
    Browser& page = house.visit("#/services/trial");
    page.wait_for_text("0 of 2");
    const std::string job = house.desk().submit("trial", e2e::kLong);
    page.wait_for_text(job);
    page.wait_for_text("active");
    page.wait_for_text("1 of 2");
    house.desk().say({"submit", "trial", "{}", "--count", "20"});
    page.wait_for("document.querySelectorAll('.plot')[0].innerText.match(/succeeded\\s+[1-9]/)");
    page.go("#/services/nobody");
    page.wait_for_text("knows no service of this name");
    house.check_quiet();
}

}  // namespace steward::browser
