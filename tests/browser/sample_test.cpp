// tests/browser: the sample page of the documents, served from elsewhere as somebody's own would
// be.
#include <doctest/doctest.h>

#include "tests/browser/harness/house.hpp"
#include "tests/browser/harness/site.hpp"
#include "tests/e2e/harness/samples.hpp"

namespace steward::browser {

TEST_CASE("A page of somebody's own submits a job and sees before, partials, progress and value") {
    const Site site(STEWARD_SOURCE_DIR "/docs/samples");
    House house("", {"allowed_origins = [\"" + site.origin() + "\"]\n", {}, {}, {}});
    house.desk().start_worker(e2e::kRandomProgram, "random");
    house.desk().start_worker(e2e::kReverseProgram, "reverse");
    Browser& page = browser();
    page.open(site.origin() + "/live.html");
    page.fill("Gateway", house.address());
    page.fill("Service", "random");
    page.fill("Params (JSON)", R"({"count": 3, "length": 2, "charset": "z"})");
    page.press("Submit");
    page.wait_for("document.querySelector('#log .value')");
    CHECK(page.texts("#log b") ==
          std::vector<std::string>{"before", "partial", "partial", "partial", "value"});
    CHECK(page.texts("#log .partial span") == std::vector<std::string>{"zz", "zz", "zz"});
    CHECK(page.value("document.getElementById('progress').value") == 3);
    page.fill("Service", "reverse");
    page.fill("Params (JSON)", "\"stressed\"");
    page.press("Submit");
    page.wait_for_text("desserts", "#log .value");
    page.fill("Service", "nobody");
    page.press("Submit");
    page.wait_for_text("nobody", "#log .failure");
    house.check_quiet();
}

TEST_CASE("A page that the gateway does not know gets no connection to it") {
    const Site site(STEWARD_SOURCE_DIR "/docs/samples");
    House house;
    house.desk().start_worker(e2e::kReverseProgram, "reverse");
    Browser& page = browser();
    page.open(site.origin() + "/live.html");
    page.fill("Gateway", house.address());
    page.fill("Service", "reverse");
    page.press("Submit");
    page.wait_for_text("does not know", "#log .failure");
    CHECK(house.desk().service("reverse").value("accepted", 9) == 0);
}

}  // namespace steward::browser
