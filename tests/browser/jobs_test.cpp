// tests/browser: lists of jobs.
#include <doctest/doctest.h>

#include "tests/browser/harness/house.hpp"
#include "tests/e2e/harness/samples.hpp"

namespace steward::browser {

namespace {

constexpr const char* kMail = "[[service]]\nname = \"mail\"\n[[service]]\nname = \"resize\"\n";
constexpr const char* kRowCount = "document.querySelectorAll('tbody a.code').length";

}  // namespace

TEST_CASE("Jobs are chosen by state and by names, which stand in the address") {
    House house(kMail);
    e2e::Desk& desk = house.desk();
    const std::string ready = desk.submit("mail", {{"to", "ann"}}, {"--group", "acme"});
    const std::string later = desk.submit("mail", {{"to", "bob"}}, {"--delay", "1h"});
    const std::string other = desk.submit("resize", 1, {"--context", "order"});
    Browser& page = house.visit("#/jobs");
    page.wait_for(std::string(kRowCount) + " === 3");
    page.press("scheduled");
    page.wait_for(std::string(kRowCount) + " === 1");
    CHECK(page.shows(later));
    CHECK(page.value("location.hash") == "#/jobs?state=scheduled");
    page.press("scheduled");
    page.fill("Filter by service", "mail");
    page.wait_for(std::string(kRowCount) + " === 2");
    page.fill("Filter by group", "acme");
    page.wait_for(std::string(kRowCount) + " === 1");
    CHECK(page.shows(ready));
    CHECK(page.value("location.hash") == "#/jobs?service=mail&group=acme");
    house.visit("#/jobs?context=order");
    page.wait_for(std::string(kRowCount) + " === 1");
    CHECK(page.shows(other));
    page.fill("Filter by context", "");
    page.wait_for(std::string(kRowCount) + " === 3");
    page.fill("Search the listed jobs by id, service or params", "bob");
    page.wait_for(std::string(kRowCount) + " === 1");
    CHECK(page.shows(later));
    CHECK(page.shows("1 of 3 jobs"));
    page.fill("Filter by service", "nobody");
    page.wait_for_text("No job is like this");
    house.check_quiet();
}

TEST_CASE("Long lists come in pages, there and back, and show what is new by themselves") {
    House house(kMail);
    house.desk().say({"submit", "mail", "1", "--count", "250"});
    Browser& page = house.visit("#/jobs?service=mail");
    page.wait_for_text("Page 1: 100 jobs");
    page.wait_for(std::string(kRowCount) + " > 0");  // as many as are in sight
    const auto first = page.texts("tbody a.code").at(0);
    page.press("Next page");
    page.wait_for_text("Page 2: 100 jobs");
    page.wait_for("!document.querySelector('tbody').innerText.includes('" + first + "')");
    page.press("Next page");
    page.wait_for_text("Page 3: 50 jobs");
    CHECK(page.value("named('Next page') === null") == true);
    page.press("Previous page");
    page.press("Previous page");
    page.wait_for_text("Page 1: 100 jobs");
    page.wait_for_text(first);
    page.go("#/jobs?service=resize");
    page.wait_for_text("No job is like this");
    const std::string fresh = house.desk().submit("resize");
    page.wait_for_text(fresh);
    house.check_quiet();
}

TEST_CASE("All jobs of a filter are cancelled at once, never all there are") {
    House house(kMail);
    house.desk().say({"submit", "mail", "1", "--count", "150", "--group", "acme"});
    const std::string other = house.desk().submit("mail", 2);
    Browser& page = house.visit("#/jobs");
    page.wait_for_text("Page 1");
    CHECK(page.value("named('Cancel all of these') === null") == true);
    page.fill("Filter by group", "acme");
    page.press("Cancel all of these");
    page.wait_for_text("group “acme”", "dialog");
    page.press("Cancel them");
    page.wait_for_text("150 jobs cancelled", "#notices");
    CHECK(house.desk().state(other) == "ready");
    CHECK(house.desk().service("mail").value("ready", 0) == 1);
    house.check_quiet();
}

}  // namespace steward::browser
