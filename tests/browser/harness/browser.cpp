// tests/browser: see browser.hpp.
#include "tests/browser/harness/browser.hpp"

#include <charconv>
#include <csignal>
#include <filesystem>
#include <map>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/e2e/harness/wait_until.hpp"

namespace steward::browser {

using nlohmann::json;

namespace {

constexpr const char* kDriver = "/usr/bin/chromedriver";
constexpr const char* kChromium = "/usr/bin/chromium";
constexpr const char* kElement = "element-6066-11e4-a52e-4f735466cecf";  // WebDriver, 12.1

// What people see, and by which name: the functions that the scripts below stand on.
constexpr const char* kLookAround = R"(
const seen = (node) => node.checkVisibility() && node.getClientRects().length > 0;
const scope = () => [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body;
const nameOf = (node) => (node.getAttribute('aria-label') || node.textContent || node.value || '').trim().replace(/\s+/g, ' ');
const named = (name) => {
  const all = [...scope().querySelectorAll('button, a, summary, label, input[type=checkbox]')].filter(seen);
  return all.find((node) => nameOf(node) === name && !node.disabled) ?? null;
};
const field = (label) => {
  const all = [...scope().querySelectorAll('input, textarea, select')].filter(seen);
  return all.find((node) => node.getAttribute('aria-label') === label ||
    [...node.labels].some((each) => each.textContent.trim() === label)) ?? null;
};
)";

json chromium_options(const std::string& profile) {
    json args = {"--headless=new",
                 "--disable-gpu",
                 "--disable-dev-shm-usage",
                 "--no-first-run",
                 "--disable-extensions",
                 "--disable-background-networking",
                 "--disable-component-update",
                 "--remote-debugging-pipe",  // it ends with chromedriver
                 "--user-data-dir=" + profile};
    if (::geteuid() == 0) {
        args.push_back("--no-sandbox");
    }
    return {{"capabilities",
             {{"alwaysMatch",
               {{"browserName", "chrome"},
                {"goog:chromeOptions", {{"binary", kChromium}, {"args", args}}},
                {"goog:loggingPrefs", {{"browser", "ALL"}}}}}}}};
}

std::string key_code(const std::string& name) {
    static const std::map<std::string, std::string> kCodes = {{"Tab", "\uE004"},
                                                              {"Enter", "\uE007"},
                                                              {"Shift", "\uE008"},
                                                              {"Escape", "\uE00C"},
                                                              {"Space", " "},
                                                              {"ArrowUp", "\uE013"},
                                                              {"ArrowDown", "\uE015"}};
    const auto found = kCodes.find(name);
    return found == kCodes.end() ? name : found->second;
}

json key_actions(const std::string& keys) {
    json actions = json::array();
    const auto down_and_up = [&](const std::string& key) {
        actions.push_back({{"type", "keyDown"}, {"value", key}});
        actions.push_back({{"type", "keyUp"}, {"value", key}});
    };
    if (keys == "Shift+Tab") {
        actions.push_back({{"type", "keyDown"}, {"value", key_code("Shift")}});
        down_and_up(key_code("Tab"));
        actions.push_back({{"type", "keyUp"}, {"value", key_code("Shift")}});
    } else if (key_code(keys) != keys) {
        down_and_up(key_code(keys));
    } else {
        for (const char letter : keys) {
            down_and_up(std::string(1, letter));
        }
    }
    return {{"actions", {{{"type", "key"}, {"id", "keyboard"}, {"actions", actions}}}}};
}

}  // namespace

bool is_installed() {
    return std::filesystem::exists(kDriver) && std::filesystem::exists(kChromium);
}

Browser::Browser() {
    driver_ = std::make_unique<e2e::Process>(e2e::CommandLine{kDriver, {"--port=0"}, {}, {}});
    constexpr std::string_view kReady = "started successfully on port ";
    const auto line = driver_->wait_for_line(kReady);
    REQUIRE(line);
    const std::size_t at = line->find(kReady) + kReady.size();
    int port = 0;
    std::from_chars(line->data() + at, line->data() + line->size(), port);
    client_.emplace(port);
    const json made = ask("/session", chromium_options(profile_.path().string()));
    session_ = "/session/" + made.at("sessionId").get<std::string>();
}

Browser::~Browser() {
    driver_->signal(SIGTERM);  // Chromium ends with the pipe between the two
    (void)driver_->wait();
}

e2e::HttpResponse Browser::send(const std::string& path, const json& content) {
    return client_->post(path, content.dump());
}

json Browser::ask(const std::string& path, const json& content) {
    const e2e::HttpResponse answer = send(path, content);
    INFO(path, ": ", answer.body.substr(0, 600));
    REQUIRE(answer.status == 200);
    return answer.json().value("value", json());
}

std::string Browser::shown_text() {
    return value(
        "['#notices', '#banner', 'dialog', 'main'].map((each) => "
        "document.querySelector(each)?.innerText ?? '').join(' | ').slice(0, 2500)");
}

json Browser::ask_devtools(const std::string& command, const json& params) {
    return ask(session_ + "/goog/cdp/execute", {{"cmd", command}, {"params", params}});
}

void Browser::open(const std::string& address, const Screen& screen) {
    ask_devtools("Emulation.setDeviceMetricsOverride",
                 {{"width", screen.width},
                  {"height", screen.height},
                  {"deviceScaleFactor", 1},
                  {"mobile", screen.is_phone}});
    ask_devtools(
        "Emulation.setEmulatedMedia",
        {{"features",
          {{{"name", "prefers-color-scheme"}, {"value", screen.is_dark ? "dark" : "light"}}}}});
    ask(session_ + "/url", {{"url", "about:blank"}});  // the same address twice is no load
    (void)complaints();
    ask(session_ + "/url", {{"url", address}});
}

void Browser::go(const std::string& hash) {
    run("location.hash = " + json(hash).dump());
}

json Browser::value(const std::string& expression) {
    return ask(session_ + "/execute/sync",
               {{"script", std::string(kLookAround) + "return (" + expression + ");"},
                {"args", json::array()}});
}

void Browser::run(const std::string& statement) {
    ask(session_ + "/execute/sync",
        {{"script", std::string(kLookAround) + statement}, {"args", json::array()}});
}

void Browser::wait_for(const std::string& expression) {
    const bool came = e2e::wait_until([&] { return value("!!(" + expression + ")") == true; });
    if (!came) {
        FAIL("did not come: ", expression, "\nthe page shows: ", shown_text());
    }
}

void Browser::wait_for_text(std::string_view text, const std::string& selector) {
    wait_for("document.querySelector(" + json(selector).dump() + ")?.innerText.includes(" +
             json(text).dump() + ")");
}

bool Browser::shows(std::string_view text, const std::string& selector) {
    return value("document.querySelector(" + json(selector).dump() + ")?.innerText.includes(" +
                 json(text).dump() + ") ?? false");
}

std::vector<std::string> Browser::texts(const std::string& selector) {
    return value("[...document.querySelectorAll(" + json(selector).dump() +
                 ")].filter(seen).map((node) => node.innerText.trim())");
}

// What is live may be replaced between the look and the click, and a notice may lie upon it for a
// moment: then it is looked for again.
void Browser::click_when_there(const std::string& look) {
    const bool was_clicked = e2e::wait_until([&] {
        const json element = value(look);
        if (element.is_null()) {
            return false;
        }
        const std::string path =
            session_ + "/element/" + element.at(kElement).get<std::string>() + "/click";
        return send(path, json::object()).status == 200;
    });
    if (!was_clicked) {
        FAIL("cannot be clicked: ", look, "\nthe page shows: ", shown_text());
    }
}

void Browser::press(const std::string& name) {
    click_when_there("named(" + json(name).dump() + ")");
}

void Browser::click(const std::string& selector) {
    click_when_there("document.querySelector(" + json(selector).dump() + ")");
}

void Browser::fill(const std::string& label, const std::string& text) {
    const std::string look = "field(" + json(label).dump() + ")";
    INFO("to be filled: ", label);
    wait_for(look);
    const std::string path = session_ + "/element/" + value(look).at(kElement).get<std::string>();
    const std::string tag = value(look + ".tagName");
    if (tag == "SELECT") {
        run(look + ".value = " + json(text).dump());
        return;
    }
    ask(path + "/clear", json::object());
    if (!text.empty()) {
        ask(path + "/value", {{"text", text}});
    }
    run("for (const kind of ['input', 'change']) { " + look +
        "?.dispatchEvent(new Event(kind, {bubbles: true})); }");
}

void Browser::keys(const std::string& keys) {
    ask(session_ + "/actions", key_actions(keys));
}

std::string Browser::focused() {
    return value("nameOf(document.activeElement)");
}

std::vector<std::string> Browser::complaints() {
    std::vector<std::string> found;
    for (const json& entry : ask(session_ + "/se/log", {{"type", "browser"}})) {
        const std::string text = entry.value("message", "");
        const bool is_of_network = entry.value("source", "") == "network" ||
                                   text.find("WebSocket connection to") != std::string::npos;
        if (entry.value("level", "") == "SEVERE" && !is_of_network) {
            found.push_back(text);
        }
    }
    return found;
}

namespace {

std::unique_ptr<Browser>& the_browser() {
    static std::unique_ptr<Browser> kBrowser;
    return kBrowser;
}

}  // namespace

Browser& browser() {
    if (the_browser() == nullptr) {
        the_browser() = std::make_unique<Browser>();
    }
    return *the_browser();
}

void end_browser() {
    the_browser().reset();
}

}  // namespace steward::browser
