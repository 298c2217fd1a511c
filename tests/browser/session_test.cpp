// tests/browser: a gateway that wants to know who comes.
#include <doctest/doctest.h>

#include "tests/browser/harness/house.hpp"

namespace steward::browser {

namespace {

// The hashes are those of "only-looks" and "does-all".
constexpr const char* kTokens = R"(
[[token]]
name = "ann"
roles = ["read"]
sha256 = "e2f53b4aad1d3ef0fca0d20aca4bb9cad0824ff168f0057a668f559fd0188831"

[[token]]
name = "bob"
roles = ["read", "submit", "operate"]
sha256 = "2915ae28f3b0aa6301f034ee83132ef607b2cd11f046392f3f00af87656405d2"
)";

constexpr const char* kDisabled =
    "[...document.querySelectorAll('main button:disabled')].filter(seen).map((node) => "
    "node.innerText)";

void sign_in(Browser& page, const std::string& token) {
    page.wait_for_text("knows its users by tokens", "dialog");
    page.fill("Token", token);
    page.press("Sign in");
}

}  // namespace

TEST_CASE("Who has a token comes in, and can press what its roles allow") {
    House house("[[service]]\nname = \"mail\"\n", {{}, {}, kTokens, {}});
    Browser& page = browser();
    page.open(house.address() + "/");
    sign_in(page, "nobodys");
    page.wait_for("document.querySelector('dialog .problem').innerText !== ''");
    sign_in(page, "only-looks");
    page.wait_for_text("live", "#health");
    page.wait_for_text("mail");
    page.wait_for_text("ann", "#user");
    page.wait_for_text("running", ".bar .badge");
    CHECK(page.value(kDisabled) ==
          nlohmann::json({"Submit a job", "Pause all", "Drain all", "Disable all"}));
    CHECK(page.value("document.querySelector('main button:disabled').title") ==
          "needs the role “submit”");
    page.keys("n");
    CHECK(page.value("document.querySelector('dialog') === null") == true);
    CHECK(page.value("document.cookie + JSON.stringify({...localStorage, ...sessionStorage})") ==
          "{}");

    page.press("Sign out");
    sign_in(page, "does-all");
    page.wait_for_text("bob", "#user");
    page.press("Pause all services");
    page.press("Pause all");
    page.wait_for_text("paused", ".bar .badge");
    house.check_quiet();
}

TEST_CASE("When the gateway has forgotten who was there, the page asks again and goes on") {
    House house("[[service]]\nname = \"mail\"\n", {{}, {}, kTokens, {}});
    Browser& page = browser();
    page.open(house.address() + "/#/services/mail");
    sign_in(page, "does-all");
    page.wait_for_text("live", "#health");
    house.gateway().kill();
    page.wait_for_text("gateway gone", ".health");
    house.gateway().start_again();
    sign_in(page, "does-all");
    page.wait_for_text("live", "#health");
    page.press("Pause mail");
    page.press("Pause");
    page.wait_for_text("paused", ".mode-now");
    house.check_quiet();
}

}  // namespace steward::browser
