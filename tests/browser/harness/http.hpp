// tests/browser: one request over a connection of its own, as chromedriver and the tests' own
// little sites need it. Knows no WebDriver.
#pragma once

#include <optional>
#include <string>

namespace steward::browser {

struct HttpAnswer {
    int status = 0;
    std::string head;  // the status line and the headers
    std::string body;
};

/// Connects to a port of the loopback, asks, reads to the end. Nothing: nobody is there, or it took
/// longer than the patience of the tests.
[[nodiscard]] std::optional<HttpAnswer> http(int port,
                                             const std::string& method,
                                             const std::string& path,
                                             const std::string& body = {});

}  // namespace steward::browser
