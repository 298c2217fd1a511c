// tests/contract: the sample configuration and the manual's page say what the program does.
#include <fstream>
#include <iterator>
#include <string>

#include <doctest/doctest.h>

#include "broker/app/options.hpp"

namespace {

using namespace steward;
using namespace steward::app;

std::string content_of(const std::string& path) {
    std::ifstream file(std::string(STEWARD_SOURCE_DIR) + "/" + path, std::ios::binary);
    REQUIRE_MESSAGE(file.is_open(), path);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("etc/steward.toml gives every setting, and each at its default") {
    BrokerOptions defaults;
    BrokerOptions sample;
    config::Schema schema = schema_of(sample);
    const std::string text = content_of("etc/steward.toml");
    if (const auto loaded = schema.load(text, "etc/steward.toml"); !loaded) {
        FAIL(loaded.error().message);
    }
    for (const config::Difference& difference : schema.differences_from(schema_of(defaults))) {
        CHECK_MESSAGE(difference.path == "process", difference.path, " is ", difference.now);
    }
    for (const config::Section& section : schema.sections) {
        for (const config::Field& field : section.fields) {
            CHECK_MESSAGE(text.find("\n" + field.key + " = ") != std::string::npos, field.key);
        }
    }
}

TEST_CASE("etc/steward.toml starts a broker and the sample workers") {
    BrokerOptions sample;
    REQUIRE(schema_of(sample).load(content_of("etc/steward.toml"), "etc/steward.toml").has_value());
    CHECK(processes_text(sample) ==
          "broker\tserver\tsteward-broker\t--config\tetc/steward.toml\n"
          "sleep\tworker\tsteward-worker-sleep\n"
          "reverse\tworker\tsteward-worker-reverse\n"
          "random\tworker\tsteward-worker-random\n"
          "log\tworker\tsteward-worker-log\n");
}

TEST_CASE("docs/configuration.md holds the table of settings as the program prints it") {
    BrokerOptions defaults;
    const std::string page = content_of("docs/configuration.md");
    std::string table = schema_of(defaults).document();
    while (table.ends_with('\n')) {
        table.pop_back();
    }
    const bool is_current = page.find(table) != std::string::npos;
    CHECK_MESSAGE(is_current, "print it anew with steward-broker --print-config-manual");
}
