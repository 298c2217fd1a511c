// tests/browser: see house.hpp.
#include "tests/browser/harness/house.hpp"

#include <doctest/doctest.h>

namespace steward::browser {

Browser& House::visit(const std::string& hash, const Screen& screen) {
    browser().open(address() + "/" + hash, screen);
    browser().wait_for_text("live", "#health");
    return browser();
}

void House::check_quiet() {
    for (const std::string& complaint : browser().complaints()) {
        FAIL_CHECK("the page complains: ", complaint);
    }
}

}  // namespace steward::browser
