// tests/browser: doctest, and one browser for all test cases; skipped where there is none.
#define DOCTEST_CONFIG_IMPLEMENT
#include <cstdio>

#include <doctest/doctest.h>

#include "tests/browser/harness/browser.hpp"

namespace {

constexpr int kSkipped = 77;  // SKIP_RETURN_CODE of the CMake file

}  // namespace

int main(int argc, char** argv) {
    if (!steward::browser::is_installed()) {
        std::puts("skipped: chromium or chromedriver is not installed; see bin/setup --for-tests");
        return kSkipped;
    }
    doctest::Context context(argc, argv);
    const int result = context.run();
    steward::browser::end_browser();
    return result;
}
