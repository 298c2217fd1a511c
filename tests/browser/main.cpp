// tests/browser: doctest, and one browser for all test cases; skipped where there is none.
#define DOCTEST_CONFIG_IMPLEMENT
#include <cstdio>

#include <doctest/doctest.h>

#include "tests/browser/harness/browser.hpp"

namespace {

constexpr int kSkipped = 77;  // SKIP_RETURN_CODE of the CMake file

/// Ends the browser while what it asserts can still be told.
struct AtTheEnd : doctest::IReporter {
    explicit AtTheEnd(const doctest::ContextOptions& /*options*/) {}

    void test_run_end(const doctest::TestRunStats& /*stats*/) override {
        steward::browser::end_browser();
    }

    void report_query(const doctest::QueryData& /*data*/) override {}

    void test_run_start() override {}

    void test_case_start(const doctest::TestCaseData& /*data*/) override {}

    void test_case_reenter(const doctest::TestCaseData& /*data*/) override {}

    void test_case_end(const doctest::CurrentTestCaseStats& /*stats*/) override {}

    void test_case_exception(const doctest::TestCaseException& /*thrown*/) override {}

    void subcase_start(const doctest::SubcaseSignature& /*subcase*/) override {}

    void subcase_end() override {}

    void log_assert(const doctest::AssertData& /*data*/) override {}

    void log_message(const doctest::MessageData& /*data*/) override {}

    void test_case_skipped(const doctest::TestCaseData& /*data*/) override {}
};

REGISTER_LISTENER("the browser's end", 1, AtTheEnd);

}  // namespace

int main(int argc, char** argv) {
    if (!steward::browser::is_installed()) {
        std::puts("skipped: chromium or chromedriver is not installed; see bin/setup --for-tests");
        return kSkipped;
    }
    return doctest::Context(argc, argv).run();
}
