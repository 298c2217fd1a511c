// tests/browser: everything by keyboard alone.
#include <doctest/doctest.h>

#include "tests/browser/harness/house.hpp"
#include "tests/e2e/harness/samples.hpp"

namespace steward::browser {

namespace {

constexpr const char* kServices =
    "[[service]]\nname = \"mail\"\n[[service]]\nname = \"resize\"\n[[service]]\nname = \"zip\"\n";

/// Presses Tab until what is called so has the focus.
void tab_to(Browser& page, const std::string& name) {
    for (int presses = 0; presses < 60; ++presses) {
        if (page.focused() == name) {
            return;
        }
        page.keys("Tab");
    }
    FAIL("Tab does not come to ", name);
}

bool has_outline(Browser& page) {
    return page.value(
        "getComputedStyle(document.activeElement).outlineStyle !== 'none' && "
        "parseFloat(getComputedStyle(document.activeElement).outlineWidth) >= 2");
}

}  // namespace

TEST_CASE("The first Tab leads past the navigation, and what has the focus is seen") {
    House house(kServices);
    Browser& page = house.visit();
    page.wait_for_text("mail");
    page.keys("Tab");
    CHECK(page.focused() == "Skip to the content");
    CHECK(page.value("document.activeElement.getBoundingClientRect().top") >= 0);
    page.keys("Enter");
    page.keys("Tab");
    CHECK(page.focused() == "Submit a job");
    CHECK(has_outline(page));
    tab_to(page, "mail");
    CHECK(has_outline(page));
    page.keys("ArrowDown");
    CHECK(page.focused() == "resize");
    page.keys("ArrowDown");
    page.keys("ArrowUp");
    CHECK(page.focused() == "resize");
    page.keys("Enter");
    page.wait_for("location.hash === '#/services/resize'");
    CHECK(page.focused() == "resize");  // the new page's heading
    house.check_quiet();
}

TEST_CASE("A service is paused without a pointer, and the focus comes back to where it was") {
    House house(kServices);
    Browser& page = house.visit("#/services/mail");
    page.wait_for_text("running", ".mode-now");
    tab_to(page, "Disable mail");
    page.keys("Enter");
    page.wait_for("document.querySelector('dialog[open]')");
    CHECK(page.focused() == "Cancel");  // of what is dangerous the harmless end comes first
    page.keys("Escape");
    page.wait_for("document.querySelector('dialog') === null");
    CHECK(page.focused() == "Disable mail");
    page.keys("Shift+Tab");
    page.keys("Shift+Tab");
    CHECK(page.focused() == "Pause mail");
    page.keys("Enter");
    page.wait_for("document.querySelector('dialog[open]')");
    page.keys("Enter");
    page.wait_for_text("paused", ".mode-now");
    house.check_quiet();
}

TEST_CASE("Keys lead to each page, to the search, the help and a new job") {
    House house(kServices);
    Browser& page = house.visit();
    for (const auto& [keys, hash] : {std::pair("gj", "#/jobs"),
                                     std::pair("gd", "#/dead"),
                                     std::pair("gw", "#/workers"),
                                     std::pair("gs", "#/schedules"),
                                     std::pair("gg", "#/groups"),
                                     std::pair("gl", "#/limits"),
                                     std::pair("gb", "#/batches"),
                                     std::pair("ge", "#/events"),
                                     std::pair("go", "#/")}) {
        page.keys(keys);
        page.wait_for("location.hash === '" + std::string(hash) + "'");
        page.wait_for("document.querySelector('nav [aria-current]').getAttribute('href') === '" +
                      std::string(hash) + "'");
    }
    page.keys("?");
    page.wait_for_text("Keys and words", "dialog");
    page.keys("Escape");
    page.wait_for("document.querySelector('dialog') === null");
    page.keys("/");
    page.keys("zip");
    page.keys("Enter");
    page.wait_for("location.hash === '#/services/zip'");
    page.wait_for("document.activeElement.tagName !== 'INPUT'");  // there it would be a letter
    page.keys("n");
    page.wait_for_text("Submit a job", "dialog");
    page.keys("Tab");
    page.keys("[1]");
    page.keys("Tab");
    page.keys("Tab");
    page.keys("Tab");
    page.keys("Enter");
    page.wait_for("location.hash.startsWith('#/jobs/')");
    page.wait_for_text("zip", ".headline");
    house.check_quiet();
}

TEST_CASE("Every control has a name, and the page says what its parts are") {
    House house(kServices);
    house.desk().start_worker(e2e::kTrialProgram, "trial");
    const std::string job = house.desk().submit("trial", e2e::kLong);
    Browser& page = house.visit();
    for (const std::string& hash : {std::string("#/"),
                                    std::string("#/services/trial"),
                                    std::string("#/jobs"),
                                    "#/jobs/" + job,
                                    std::string("#/dead"),
                                    std::string("#/workers"),
                                    std::string("#/schedules"),
                                    std::string("#/limits"),
                                    std::string("#/events")}) {
        INFO(hash);
        page.go(hash);
        page.wait_for("document.querySelector('main h1') !== null");
        CHECK(page.value("[...document.querySelectorAll('button, a, input, select, textarea')]"
                         ".filter((node) => seen(node) && nameOf(node) === '' && "
                         "!node.labels?.length).map((node) => node.outerHTML)") ==
              nlohmann::json::array());
        CHECK(page.value("document.querySelectorAll('h1').length") == 1);
        CHECK(page.value("[...document.querySelectorAll('table')]"
                         ".every((node) => node.getAttribute('aria-label'))") == true);
    }
    CHECK(page.value("['header', 'nav[aria-label]', 'main', '[role=alert]', '[role=status]']"
                     ".every((each) => document.querySelector(each) !== null)") == true);
    house.check_quiet();
}

}  // namespace steward::browser
