// tests/e2e: what the broker says when it cannot start, and when it only checks.
#include <signal.h>

#include <doctest/doctest.h>

#include "tests/e2e/harness/broker.hpp"

namespace steward::e2e {

namespace {

Finished check_config(const TempDirectory& directory, const std::string& text) {
    const std::string file = directory.write("steward.toml", text);
    return run({built_program("steward-broker"),
                {"--config", file, "--check-config"},
                {},
                directory.path().string()});
}

std::string port_of(const std::string& endpoint) {
    return endpoint.substr(endpoint.rfind(':') + 1);
}

}  // namespace

TEST_CASE("A second broker on the same port says which port is in use and ends") {
    const Broker broker;
    const TempDirectory directory;
    const std::string file = directory.write("steward.toml", "");
    const Finished second = run({built_program("steward-broker"),
                                 {"--config",
                                  file,
                                  "--bind",
                                  "127.0.0.1",
                                  "--client-port",
                                  port_of(broker.endpoints().frontend),
                                  "--worker-port",
                                  "0",
                                  "--news-port",
                                  "0",
                                  "--data-dir",
                                  (directory.path() / "data").string()},
                                 {},
                                 directory.path().string()});
    INFO("errors: ", second.err);
    CHECK(second.code == 1);
    CHECK(second.err.find("in use") != std::string::npos);
    CHECK(second.err.find(port_of(broker.endpoints().frontend)) != std::string::npos);
}

TEST_CASE("--check-config accepts what is right and names file and line of what is wrong") {
    const TempDirectory directory;
    CHECK(check_config(directory, "").code == 0);

    struct Case {
        std::string text;
        std::string line;
    };

    const std::vector<Case> cases = {
        {"[broker]\nnonsense = 1\n", "steward.toml:2"},
        {"\n[nonsense]\n", "steward.toml:2"},
        {"[broker]\n\nheartbeat_interval = \"soon\"\n", "steward.toml:3"},
        {"[broker\n", "steward.toml:1"},
    };
    for (const Case& one : cases) {
        CAPTURE(one.text);
        const Finished checked = check_config(directory, one.text);
        INFO("errors: ", checked.err);
        CHECK(checked.code == 2);
        CHECK(checked.err.find(one.line) != std::string::npos);
    }
}

TEST_CASE("Without its file the broker does not start, and says which file") {
    const Finished ended =
        run({built_program("steward-broker"), {"--config", "/nowhere/steward.toml"}, {}, {}});
    CHECK(ended.code == 2);
    CHECK(ended.err.find("/nowhere/steward.toml") != std::string::npos);
}

}  // namespace steward::e2e
