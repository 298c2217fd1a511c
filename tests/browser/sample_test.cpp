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
    house.desk().start_worker(e2e::kTrialProgram, "trial");
    house.desk().start_worker(e2e::kReverseProgram, "reverse");
    Browser& page = browser();
    page.open(site.origin() + "/live.html");
    page.fill("Gateway", house.address());
    page.fill("Service", "trial");
    page.fill("Params (JSON)", R"({"parts": 4, "seconds": 1})");
    page.press("Submit");
    page.wait_for("document.querySelector('#log .value')");
    const auto kinds = page.texts("#log b");
    CHECK(kinds.front() == "before");
    CHECK(kinds.back() == "value");
    // The first part may have gone by before the job's id was known.
    const auto parts = page.texts("#log .partial span");
    REQUIRE(parts.size() >= 3);
    CHECK(std::vector<std::string>(parts.end() - 3, parts.end()) ==
          std::vector<std::string>{"2", "3", "4"});
    CHECK(page.value("document.getElementById('progress').value") == 4);
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
