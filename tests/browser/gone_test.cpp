// tests/browser: a broker and a gateway that go and come back, while somebody looks.
#include <doctest/doctest.h>

#include "tests/browser/harness/house.hpp"
#include "tests/e2e/harness/samples.hpp"

namespace steward::browser {

namespace {

constexpr const char* kMail = "[[service]]\nname = \"mail\"\n";
constexpr const char* kWaiting = "document.querySelector('.figure-value').innerText";

}  // namespace

TEST_CASE("A broker that goes is told of, and when it is back the page goes on by itself") {
    House house(kMail);
    (void)house.desk().submit("mail");
    Browser& page = house.visit();
    page.wait_for(std::string(kWaiting) + " === '1'");
    house.desk().broker().kill();
    page.wait_for_text("The broker does not answer", "#banner");
    CHECK(page.shows("broker gone", ".health"));
    CHECK(page.value(kWaiting) == "1");  // the last that is known stays to be read
    page.press("Pause all services");
    page.press("Pause all");
    page.wait_for("document.querySelector('dialog .problem').innerText !== ''");
    page.press("Cancel");
    house.desk().broker().start_again();
    page.wait_for_text("live", "#health");
    CHECK(page.value("document.getElementById('banner').hidden") == true);
    page.wait_for_text("Live again after", "#notices");
    (void)house.desk().submit("mail");
    page.wait_for(std::string(kWaiting) + " === '2'");
    CHECK(house.desk().ask({"broker"}).value("mode", "") == "running");
    house.check_quiet();
}

TEST_CASE("A gateway that goes is told of, and the page finds the new one") {
    House house(kMail);
    const std::string job = house.desk().submit("mail");
    Browser& page = house.visit("#/jobs/" + job);
    page.wait_for_text("ready", ".headline");
    house.gateway().kill();
    page.wait_for_text("The gateway cannot be reached", "#banner");
    CHECK(page.shows("gateway gone", ".health"));
    page.press("Cancel");
    page.press("Cancel the job");
    page.wait_for_text("not connected", "dialog .problem");
    page.keys("Escape");
    house.gateway().start_again();
    page.wait_for_text("live", "#health");
    page.press("Cancel");
    page.press("Cancel the job");
    page.wait_for_text("cancelled", ".headline");
    house.check_quiet();
}

TEST_CASE("A page that is opened while there is no broker fills itself when one comes") {
    House house(kMail);
    house.desk().broker().kill();
    browser().open(house.address() + "/");
    browser().wait_for_text("The broker does not answer", "#banner");
    house.desk().broker().start_again();
    browser().wait_for_text("live", "#health");
    browser().wait_for_text("mail");
    house.check_quiet();
}

}  // namespace steward::browser
