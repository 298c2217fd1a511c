// tests/browser: Chromium without a window, told what to do as a person would: press what says
// "Pause", type into what is called "Service", use the keyboard. Over chromedriver (WebDriver).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/e2e/harness/broker.hpp"
#include "tests/e2e/harness/http_client.hpp"
#include "tests/e2e/harness/process.hpp"

namespace steward::browser {

/// False where Chromium or chromedriver is not installed: these tests are skipped then.
[[nodiscard]] bool is_installed();

struct Screen {
    int width = 1280;
    int height = 900;
    bool is_phone = false;
    bool is_dark = false;
};

/// One browser with one page. Everything fails the test case when the browser refuses it, or when
/// what is waited for does not come.
class Browser {
public:
    Browser();
    ~Browser();
    Browser(const Browser&) = delete;
    Browser& operator=(const Browser&) = delete;

    /// A fresh page of this size, without what the last one has left in the browser.
    void open(const std::string& address, const Screen& screen = {});
    /// Changes what stands behind the '#' of the address.
    void go(const std::string& hash);

    /// The value of a JavaScript expression.
    [[nodiscard]] nlohmann::json value(const std::string& expression);
    /// Runs a JavaScript statement.
    void run(const std::string& statement);
    /// Waits until a JavaScript expression is true.
    void wait_for(const std::string& expression);
    /// Waits until the page shows the text; in the first element of `selector`.
    void wait_for_text(std::string_view text, const std::string& selector = "main");
    [[nodiscard]] bool shows(std::string_view text, const std::string& selector = "main");
    /// Of each element of a CSS selector.
    [[nodiscard]] std::vector<std::string> texts(const std::string& selector);

    /// Clicks the button, link, tab or box with this name, as soon as it is there and can be
    /// clicked; in the dialog when one is open.
    void press(const std::string& name);
    /// The same for the first element of a CSS selector.
    void click(const std::string& selector);
    /// Writes into the field with this label, instead of what was in it, and leaves it.
    void fill(const std::string& label, const std::string& text);
    /// Keys into whatever has the focus: text, or one of "Tab", "Shift+Tab", "Enter", "Escape",
    /// "Space", "ArrowDown", "ArrowUp".
    void keys(const std::string& keys);
    /// The name of what has the focus.
    [[nodiscard]] std::string focused();
    /// What the page has complained of since the last time it was asked, but for connections that
    /// were refused.
    [[nodiscard]] std::vector<std::string> complaints();

private:
    e2e::HttpResponse send(const std::string& path, const nlohmann::json& content);
    /// The value that it answers.
    nlohmann::json ask(const std::string& path, const nlohmann::json& content);
    nlohmann::json ask_devtools(const std::string& command, const nlohmann::json& params);
    std::string shown_text();
    void click_when_there(const std::string& look);

    e2e::TempDirectory profile_;
    std::unique_ptr<e2e::Process> driver_;
    std::optional<e2e::HttpClient> client_;  // of chromedriver
    std::string session_;
};

/// The one of this test program, started when it is first asked for.
[[nodiscard]] Browser& browser();
/// Ends it; for the end of the program.
void end_browser();

}  // namespace steward::browser
