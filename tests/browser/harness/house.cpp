// tests/browser: see house.hpp.
#include "tests/browser/harness/house.hpp"

#include <charconv>

#include <doctest/doctest.h>

namespace steward::browser {

House::House(const std::string& config, const std::string& gateway_config)
    : desk_(config), gateway_config_(gateway_config) {
    start_gateway();
}

void House::start_gateway() {
    const e2e::Endpoints& endpoints = desk_.broker().endpoints();
    const std::string settings =
        directory_.write("gateway.toml",
                         "[gateway]\nbrokers = [\"" + endpoints.frontend + "\"]\nnews = [\"" +
                             endpoints.news + "\"]\n" + gateway_config_);
    gateway_ = std::make_unique<e2e::Process>(
        e2e::CommandLine{e2e::built_program("steward-gateway"),
                         {"--config", settings, "--port", std::to_string(port_)},
                         {},
                         directory_.path().string()});
    constexpr std::string_view kAddress = "http://127.0.0.1:";
    const auto line = gateway_->wait_for_line("steward-gateway ready: ");
    REQUIRE_MESSAGE(line, gateway_->standard_error());
    const std::size_t at = line->find(kAddress) + kAddress.size();
    std::from_chars(line->data() + at, line->data() + line->size(), port_);
}

void House::kill_gateway() {
    gateway_->kill();
}

std::string House::address() const {
    return "http://127.0.0.1:" + std::to_string(port_);
}

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
