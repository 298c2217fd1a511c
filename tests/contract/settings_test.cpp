// tests/contract: the sample configuration and the manual's page say what the program does.
#include "supervisor/app/settings.hpp"

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
        FAIL_CHECK(difference.path, " is ", difference.now);
    }
    for (const config::Section& section : schema.sections) {
        for (const config::Field& field : section.fields) {
            CHECK_MESSAGE(text.find("\n" + field.key + " = ") != std::string::npos, field.key);
        }
    }
}

TEST_CASE("The supervisor finds every setting of its own there, each at its default") {
    supervisor::SupervisorSettings defaults;
    supervisor::SupervisorSettings sample;
    config::Schema schema = supervisor::schema_of(sample);
    const std::string text = content_of("etc/steward.toml");
    if (const auto loaded = schema.load(text, "etc/steward.toml"); !loaded) {
        FAIL(loaded.error().message);
    }
    for (const config::Difference& difference :
         schema.differences_from(supervisor::schema_of(defaults))) {
        CHECK_MESSAGE(difference.path == "process", difference.path, " is ", difference.now);
    }
    for (const config::Field& field : schema.sections.front().fields) {
        CHECK_MESSAGE(text.find("\n" + field.key + " = ") != std::string::npos, field.key);
    }
    // Of a row each setting is in the example, which is commented out.
    for (const config::Field& field : schema.tables.front().fields) {
        const bool is_shown = text.find("# " + field.key + " = ") != std::string::npos ||
                              text.find("\n" + field.key + " = ") != std::string::npos;
        CHECK_MESSAGE(is_shown, field.key);
    }
}

TEST_CASE("etc/steward.toml starts a broker and the sample workers") {
    supervisor::SupervisorSettings sample;
    REQUIRE(supervisor::schema_of(sample)
                .load(content_of("etc/steward.toml"), "etc/steward.toml")
                .has_value());
    CHECK(supervisor::processes_text(sample, {}, 2) ==
          "broker\tserver\tsteward-broker\t--config\tetc/steward.toml\n"
          "sleep\tworker\tsteward-worker-sleep\n"
          "reverse\tworker\tsteward-worker-reverse\n"
          "random\tworker\tsteward-worker-random\n"
          "log\tworker\tsteward-worker-log\n");
}

TEST_CASE("docs/configuration.md holds the tables of settings as the programs print them") {
    BrokerOptions of_broker;
    supervisor::SupervisorSettings of_supervisor;
    const std::string page = content_of("docs/configuration.md");
    for (std::string table :
         {schema_of(of_broker).document(), supervisor::schema_of(of_supervisor).document()}) {
        while (table.ends_with('\n')) {
            table.pop_back();
        }
        const bool is_current = page.find(table) != std::string::npos;
        CHECK_MESSAGE(is_current, "print it anew with --print-config-manual of its program");
    }
}
