// tests/unit/app: where the broker's settings come from and which wins.
#include "broker/app/options.hpp"

#include <cstring>

#include <doctest/doctest.h>

using namespace steward;
using namespace steward::app;
using namespace std::chrono_literals;

namespace {

base::Expected<void> load(BrokerOptions& options, std::string_view text) {
    return schema_of(options).load(text, "x.toml");
}

char* nothing(const char* /*name*/) {
    return nullptr;
}

char* zmws(const char* name) {
    static char interval[] = "2";
    static char tries[] = "7";
    static char empty[] = "";
    if (std::strcmp(name, "HEARTBEAT_INTERVAL") == 0) {
        return interval;
    }
    return std::strcmp(name, "HEARTBEAT_MAXTRIES") == 0 ? tries : empty;
}

}  // namespace

TEST_CASE("what may wait in memory for peers follows from the limits") {
    BrokerOptions options;
    CHECK(options.socket_options().unsent.peer_max == 4U << 20U);
    CHECK(options.socket_options().unsent.total_max == 128U << 20U);
    options.policy.limits.peer_backlog_bytes_max = 1U << 20U;
    options.policy.limits.backlog_bytes_max = 8U << 20U;
    options.policy.limits.news_backlog_bytes_max = 3U << 20U;
    options.policy.limits.news_topics_max = 7;
    const net::SocketOptions sockets = options.socket_options();
    CHECK(sockets.unsent.peer_max == 1U << 20U);
    CHECK(sockets.unsent.total_max == 1U << 20U);
    CHECK(sockets.news_bytes_max == 3U << 20U);
    CHECK(sockets.topics_max == 7);
    CHECK(sockets.receive_queue_max == 64);
}

TEST_CASE("a message may be as large as the journal, clients and workers take, and no larger") {
    BrokerOptions options;
    CHECK(load(options, "[limits]\nmessage_bytes_max = \"254MiB\"\n").has_value());
    CHECK(options.socket_options().bound.bytes_max == 254U << 20U);
    const auto refused = load(options, "[limits]\nmessage_bytes_max = 266338305\n");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == base::Errc::BadConfig);
    CAPTURE(refused.error().message);
    CHECK(refused.error().message.find("message_bytes_max = 266338305") != std::string::npos);
    CHECK(refused.error().message.find("1KiB to 254MiB") != std::string::npos);
    CHECK(load(options, "[limits]\nmessage_bytes_max = \"1KiB\"\n").has_value());
    CHECK_FALSE(load(options, "[limits]\nmessage_bytes_max = 1023\n").has_value());
}

TEST_CASE("without file, environment and flags everything has ZMWS's defaults") {
    const auto options = load_options({});
    REQUIRE(options.has_value());
    CHECK((*options)->policy == core::Policy{});
    CHECK((*options)->endpoints().clients == "tcp://127.0.0.1:5555");
    CHECK((*options)->endpoints().workers == "tcp://127.0.0.1:5556");
    CHECK((*options)->endpoints().news == "tcp://127.0.0.1:5557");
    CHECK((*options)->policy.heartbeat_interval == 5s);
    CHECK((*options)->policy.heartbeat_tries == 3);
}

TEST_CASE("localhost is an address to listen on") {
    OptionSources sources;
    sources.flags = {{"--bind", "broker.bind", "localhost"}};
    const auto options = load_options(sources);
    REQUIRE(options.has_value());
    CHECK((*options)->endpoints().clients == "tcp://127.0.0.1:5555");
}

TEST_CASE("flags win over the environment") {
    OptionSources sources;
    sources.environment = {{"HEARTBEAT_INTERVAL", "broker.heartbeat_interval", "2s"},
                           {"STEWARD_CLIENT_PORT", "broker.client_port", "1111"}};
    sources.flags = {{"--client-port", "broker.client_port", "0"}};
    const auto options = load_options(sources);
    REQUIRE(options.has_value());
    CHECK((*options)->policy.heartbeat_interval == 2s);
    CHECK((*options)->client_port == 0);
    CHECK((*options)->endpoints().clients == "tcp://127.0.0.1:*");
}

TEST_CASE("the environment of ZMWS is read: a bare number of seconds, empty is unset") {
    CHECK(read_environment(&nothing).empty());
    OptionSources sources;
    sources.environment = read_environment(&zmws);
    REQUIRE(sources.environment.size() == 2);
    const auto options = load_options(sources);
    REQUIRE(options.has_value());
    CHECK((*options)->policy.heartbeat_interval == 2s);
    CHECK((*options)->policy.heartbeat_tries == 7);
}

TEST_CASE("a mistake in the environment or a flag is refused by its name") {
    OptionSources sources;
    sources.environment = {{"HEARTBEAT_INTERVAL", "broker.heartbeat_interval", "soon"}};
    const auto options = load_options(sources);
    REQUIRE_FALSE(options.has_value());
    CHECK(options.error().message.find("HEARTBEAT_INTERVAL") != std::string::npos);
}

TEST_CASE("services are named in rows, checked as names") {
    BrokerOptions options;
    REQUIRE(load(options, "[[service]]\nname = \"a\"\n[[service]]\nname = \"b\"\n").has_value());
    REQUIRE(options.policy.services.size() == 2);
    CHECK(options.policy.services[0].name == "a");
    CHECK(options.policy.services[1].name == "b");
    CHECK_FALSE(load(options, "[[service]]\nname = \"two words\"\n").has_value());
    CHECK_FALSE(load(options, "[[service]]\nname = \"\"\n").has_value());
    CHECK_FALSE(load(options, "[[service]]\nname = \"mmi.x\"\n").has_value());
    CHECK_FALSE(load(options, "[[service]]\n").has_value());
}

TEST_CASE("what belongs to the supervisor in the same file is left to it") {
    BrokerOptions options;
    CHECK(load(options, "[supervisor]\nanything = 1\n[[pool]]\nname = 2\n[[process]]\nx = true\n"));
    CHECK_FALSE(load(options, "[supervisors]\n"));
}

TEST_CASE("settings that contradict each other are refused") {
    OptionSources sources;
    sources.flags = {{"--client-port", "broker.client_port", "5556"}};
    CHECK_FALSE(load_options(sources).has_value());
    sources.flags = {{"a", "broker.client_port", "0"}, {"b", "broker.worker_port", "0"}};
    CHECK(load_options(sources).has_value());
    sources.flags = {{"a", "broker.backoff_first", "2h"}};
    const auto refused = load_options(sources);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message.find("broker.backoff_max (1h)") != std::string::npos);
}

TEST_CASE("the lifecycle log lies in the data folder unless its path begins at the root") {
    BrokerOptions options;
    options.data_dir = "/d";
    CHECK(options.files_of(options.lifecycle).path == "/d/lifecycle.log");
    options.lifecycle.file = "/elsewhere/x";
    CHECK(options.files_of(options.lifecycle).path == "/elsewhere/x");
}

TEST_CASE("a reload takes over what can change and names what needs a restart") {
    BrokerOptions started;
    BrokerOptions loaded;
    REQUIRE(load(loaded,
                 "[broker]\nid = 7\nclient_port = 1\nheartbeat_interval = \"1s\"\n"
                 "log_level = \"debug\"\n[limits]\nmessage_bytes_max = \"1KiB\"\njobs_max = 5\n"
                 "[[service]]\nname = \"new\"\n")
                .has_value());
    const Reload reload = plan_reload(started, loaded);
    CHECK(reload.policy.heartbeat_interval == 1s);
    CHECK(reload.policy.limits.jobs_max == 5);
    REQUIRE(reload.policy.services.size() == 1);
    CHECK(reload.policy.services.front().name == "new");
    CHECK(reload.policy.broker_id == 0);
    CHECK(reload.policy.limits.message_bytes_max == model::Limits{}.message_bytes_max);
    CHECK(reload.log_level == log::Level::Debug);
    CHECK(reload.changed.size() == 4);
    REQUIRE(reload.needs_restart.size() == 3);
    CHECK(reload.needs_restart[0].path == "broker.id");
}

TEST_CASE("every setting of the policy and of the limits is in the table") {
    BrokerOptions options;
    std::size_t in_limits = 0;
    std::size_t in_policy = 0;
    const auto within = [](const auto& target, const void* begin, std::size_t size) {
        return std::visit(
            [&](const auto* p) {
                const auto* at = reinterpret_cast<const char*>(p);
                const auto* start = static_cast<const char*>(begin);
                return at >= start && at < start + size;
            },
            target);
    };
    for (const auto& section : schema_of(options).sections) {
        for (const auto& field : section.fields) {
            const bool is_limit =
                within(field.target, &options.policy.limits, sizeof options.policy.limits);
            const bool is_policy =
                !is_limit && within(field.target, &options.policy, sizeof options.policy);
            in_limits += is_limit ? 1U : 0U;
            in_policy += is_policy ? 1U : 0U;
        }
    }
    CHECK(in_limits == sizeof(model::Limits) / sizeof(std::size_t));
    CHECK(in_policy == 17);  // all of core::Policy but what are rows, and `limits`
}
