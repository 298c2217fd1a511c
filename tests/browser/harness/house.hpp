// tests/browser: a broker, workers, somebody at the command line, a gateway, and the page of it.
#pragma once

#include <memory>
#include <string>

#include "tests/browser/harness/browser.hpp"
#include "tests/e2e/harness/desk.hpp"

namespace steward::browser {

class House {
public:
    /// `config`: tables of TOML for the broker; `gateway_config`: settings of [gateway].
    explicit House(const std::string& config = {}, const std::string& gateway_config = {});
    House(const House&) = delete;
    House& operator=(const House&) = delete;

    [[nodiscard]] e2e::Desk& desk() { return desk_; }

    /// Opens the page at `hash`, such as "#/jobs", and waits until it is live.
    Browser& visit(const std::string& hash = "#/", const Screen& screen = {});
    /// "http://127.0.0.1:PORT"
    [[nodiscard]] std::string address() const;
    void kill_gateway();
    /// At the port where it was.
    void start_gateway();
    /// The page has complained of nothing.
    void check_quiet();

private:
    e2e::Desk desk_;
    e2e::TempDirectory directory_;
    std::string gateway_config_;
    int port_ = 0;
    std::unique_ptr<e2e::Process> gateway_;
};

}  // namespace steward::browser
