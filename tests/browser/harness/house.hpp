// tests/browser: a broker, workers, somebody at the command line, a gateway, and the page of it.
#pragma once

#include <string>

#include "tests/browser/harness/browser.hpp"
#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/gateway.hpp"

namespace steward::browser {

class House {
public:
    /// `config`: tables of TOML for the broker.
    explicit House(const std::string& config = {}, e2e::GatewayOptions options = {})
        : desk_(config), gateway_(desk_.broker(), std::move(options)) {}

    [[nodiscard]] e2e::Desk& desk() { return desk_; }

    [[nodiscard]] e2e::Gateway& gateway() { return gateway_; }

    /// "http://127.0.0.1:PORT"
    [[nodiscard]] const std::string& address() const { return gateway_.url(); }

    /// Opens the page at `hash`, such as "#/jobs", and waits until it is live.
    Browser& visit(const std::string& hash = "#/", const Screen& screen = {});
    /// The page has complained of nothing.
    static void check_quiet();

private:
    e2e::Desk desk_;
    e2e::Gateway gateway_;
};

}  // namespace steward::browser
