// tests/browser: light and dark, and whether it can be read.
#include <doctest/doctest.h>

#include "tests/browser/harness/house.hpp"
#include "tests/e2e/harness/samples.hpp"

namespace steward::browser {

namespace {

// How far text stands out from what lies behind it (WCAG 2.2, 1.4.3), of every text that is seen:
// the least, and where. Colours are drawn, for they come in many forms.
constexpr const char* kLeastContrast = R"((() => {
  const pen = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const over = (colours) => {
    pen.globalCompositeOperation = 'source-over';
    for (const colour of colours) {
      pen.fillStyle = colour;
      pen.fillRect(0, 0, 1, 1);
    }
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => rgb.map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let least = [99, ''];
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !seen(node) || node.closest(':disabled, .unseen, .skip')) {
      continue;
    }
    const behind = ['white'];
    for (let each = node; each; each = each.parentElement) {
      behind.splice(1, 0, getComputedStyle(each).backgroundColor);
    }
    const style = getComputedStyle(node);
    const colour = node instanceof SVGElement ? style.fill : style.color;
    const [a, b] = [light(over(behind)), light(over([...behind, colour]))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < least[0]) {
      least = [contrast, node.outerHTML.slice(0, 200)];
    }
  }
  return least;
})())";

constexpr const char* kGround = "getComputedStyle(document.body).backgroundColor";

}  // namespace

TEST_CASE("It is light or dark as the system is, or as was chosen here, also the next time") {
    House house("[[service]]\nname = \"mail\"\n");
    Browser& page = house.visit("#/", {1280, 900, false, false});
    const auto light = page.value(kGround);
    house.visit("#/", {1280, 900, false, true});
    const auto dark = page.value(kGround);
    CHECK(light != dark);
    page.press("Light or dark");
    CHECK(page.value(kGround) == light);
    house.visit("#/", {1280, 900, false, true});
    CHECK(page.value(kGround) == light);
    page.keys("t");
    page.wait_for(std::string(kGround) + " === " + dark.dump());
    page.run("localStorage.clear()");
    house.check_quiet();
}

TEST_CASE("Text stands out from its ground, in light and in dark") {
    House house("[[service]]\nname = \"mail\"\n[[service]]\nname = \"resize\"\n");
    house.desk().start_worker(e2e::kTrialProgram, "trial");
    const std::string job =
        house.desk().submit("trial", {{"outcome", "reject"}, {"why", "no paper"}});
    REQUIRE(house.desk().reaches(job, "dead"));
    house.desk().say({"pause", "mail"});
    house.desk().say({"disable", "resize"});
    (void)house.desk().submit("trial", 1, {"--delay", "1h"});
    for (const bool is_dark : {false, true}) {
        Browser& page = house.visit("#/", {1280, 900, false, is_dark});
        for (const std::string& hash : {std::string("#/"),
                                        "#/jobs/" + job,
                                        std::string("#/dead"),
                                        std::string("#/jobs"),
                                        std::string("#/services/trial")}) {
            const std::string which = hash + (is_dark ? " dark" : " light");
            INFO(which);
            page.go(hash);
            page.wait_for("document.querySelector('main .badge, main .reason, main tbody a')");
            const auto least = page.value(kLeastContrast);
            const std::string where = least.at(1);
            INFO(where);
            CHECK(least.at(0).get<double>() >= 4.5);
        }
    }
    house.check_quiet();
}

}  // namespace steward::browser
