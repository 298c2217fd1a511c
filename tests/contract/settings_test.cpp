// tests/contract: the sample configuration and the manual's page say what the program does.
#include "supervisor/app/settings.hpp"

#include <fstream>
#include <iterator>
#include <string>

#include <doctest/doctest.h>

#include "broker/app/options.hpp"
#include "gateway/app/options.hpp"

namespace {

using namespace steward;
using namespace steward::app;

std::string content_of(const std::string& path) {
    std::ifstream file(std::string(STEWARD_SOURCE_DIR) + "/" + path, std::ios::binary);
    REQUIRE_MESSAGE(file.is_open(), path);
    return {std::istreambuf_iterator<char>(file), {}};
}

void check_sample(config::Schema sample, const config::Schema& defaults) {
    const std::string text = content_of("etc/steward.toml");
    if (const auto loaded = sample.load(text, "etc/steward.toml"); !loaded) {
        FAIL(loaded.error().message);
    }
    for (const config::Difference& difference : sample.differences_from(defaults)) {
        CHECK_MESSAGE(difference.path == "process", difference.path, " is ", difference.now);
    }
    for (const config::Section& section : sample.sections) {
        const std::size_t start = text.find("\n[" + section.name + "]\n");
        REQUIRE_MESSAGE((section.fields.empty() || start != std::string::npos), section.name);
        for (const config::Field& field : section.fields) {
            CHECK_MESSAGE(text.find("\n" + field.key + " = ", start) != std::string::npos,
                          field.key);
        }
    }
}

void check_page(const config::Schema& schema, const char* program) {
    const std::string page = content_of("docs/configuration.md");
    std::string table = schema.document();
    while (table.ends_with('\n')) {
        table.pop_back();
    }
    const bool is_current = page.find(table) != std::string::npos;
    CHECK_MESSAGE(is_current, "print it anew with ", program, " --print-config-manual");
}

}  // namespace

TEST_CASE("etc/steward.toml gives every setting, and each at its default") {
    BrokerOptions defaults;
    BrokerOptions sample;
    check_sample(schema_of(sample), schema_of(defaults));
    gateway::GatewayOptions gateway_defaults;
    gateway::GatewayOptions gateway_sample;
    check_sample(gateway::schema_of(gateway_sample), gateway::schema_of(gateway_defaults));
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

TEST_CASE("etc/steward.toml starts a broker, a gateway and the sample workers") {
    supervisor::SupervisorSettings sample;
    REQUIRE(supervisor::schema_of(sample)
                .load(content_of("etc/steward.toml"), "etc/steward.toml")
                .has_value());
    CHECK(supervisor::processes_text(sample, {}, 2) ==
          "broker\tserver\tsteward-broker\t--config\tetc/steward.toml\n"
          "gateway\tserver\tsteward-gateway\t--config\tetc/steward.toml\n"
          "sleep\tworker\tsteward-worker-sleep\n"
          "reverse\tworker\tsteward-worker-reverse\n"
          "random\tworker\tsteward-worker-random\n"
          "log\tworker\tsteward-worker-log\n");
}

TEST_CASE("docs/configuration.md holds the table of settings as the program prints it") {
    BrokerOptions broker;
    check_page(schema_of(broker), "steward-broker");
    gateway::GatewayOptions gateway;
    check_page(gateway::schema_of(gateway), "steward-gateway");
    supervisor::SupervisorSettings supervisor;
    check_page(supervisor::schema_of(supervisor), "steward-supervisor");
}
