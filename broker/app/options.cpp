#include "broker/app/options.hpp"

#include <algorithm>

#include "broker/app/options_parts.hpp"
#include "common/net/endpoint.hpp"

namespace steward::app {
namespace {

// Messages of one connection that wait in memory to be taken. More would only let a flood of large
// ones gather: what comes beyond waits at the peer.
constexpr int kReceiveQueueMax = 64;

struct Variable {
    const char* name;
    const char* setting;
};

constexpr Variable kEnvironment[] = {
    {"HEARTBEAT_INTERVAL", "broker.heartbeat_interval"},
    {"HEARTBEAT_MAXTRIES", "broker.heartbeat_maxtries"},
    {"STEWARD_BIND", "broker.bind"},
    {"STEWARD_CLIENT_PORT", "broker.client_port"},
    {"STEWARD_WORKER_PORT", "broker.worker_port"},
    {"STEWARD_NEWS_PORT", "broker.news_port"},
    {"STEWARD_DATA_DIR", "broker.data_dir"},
    {"STEWARD_LOG_LEVEL", "broker.log_level"},
};

// ZMWS gave a bare number of seconds; our own form is taken, too.
std::string with_unit(const std::string& text) {
    const bool is_number = text.find_first_not_of("0123456789.") == std::string::npos;
    return is_number && !text.empty() ? text + "s" : text;
}

base::Expected<void> apply(config::Schema& schema, const std::vector<OutsideValue>& values) {
    for (const OutsideValue& value : values) {
        if (auto set = schema.set(value.setting, value.value, value.origin); !set) {
            return set;
        }
    }
    return {};
}

}  // namespace

bool BrokerOptions::is_off_loopback() const {
    return !net::is_loopback(bind);
}

// libzmq listens at no names.
Endpoints BrokerOptions::endpoints() const {
    const std::string_view host = bind == "localhost" ? std::string_view("127.0.0.1") : bind;
    return {net::tcp_endpoint(host, client_port),
            net::tcp_endpoint(host, worker_port),
            net::tcp_endpoint(host, news_port)};
}

net::SocketOptions BrokerOptions::socket_options() const {
    net::SocketOptions sockets;
    sockets.receive_queue_max = kReceiveQueueMax;
    const model::Limits& limits = policy.limits;
    sockets.bound.bytes_max = limits.message_bytes_max;
    sockets.unsent.peer_max = std::min(sockets.unsent.peer_max, limits.peer_backlog_bytes_max);
    sockets.unsent.total_max = limits.backlog_bytes_max / model::kTransportShare / 2;
    sockets.unfinished_bytes_max = limits.backlog_bytes_max;
    sockets.connections_max = limits.peers_max;
    sockets.news_bytes_max = limits.news_backlog_bytes_max;
    sockets.topics_max = limits.news_topics_max;
    sockets.handshake = handshake_timeout;
    sockets.backlog = static_cast<int>(backlog);
    return sockets;
}

log::LogOptions BrokerOptions::log_options() const {
    return {
        .file = log_file,
        .level = log::parse_level(log_level).value_or(log::Level::Info)};  // checked when loaded
}

LifecycleOptions BrokerOptions::files_of(const LineLogSettings& log) const {
    return {.path = log.file.starts_with('/') ? log.file : data_dir + "/" + log.file,
            .bytes_max = log.bytes_max,
            .files_max = log.files};
}

model::EventSet BrokerOptions::lifecycle_kinds() const {
    model::EventSet kinds;
    for (std::string_view name : lifecycle_events) {
        const bool is_out = name.starts_with('-');
        name.remove_prefix(is_out ? 1 : 0);
        if (name == "all") {
            kinds = is_out ? model::EventSet{} : model::EventSet::all();
        } else if (const auto kind = model::event_named(name)) {
            is_out ? kinds.remove(*kind) : kinds.add(*kind);
        }
    }
    return kinds;
}

std::vector<OutsideValue> read_environment(char* (*look_up)(const char*)) {
    std::vector<OutsideValue> values;
    for (const auto& [name, setting] : kEnvironment) {
        const char* value = look_up(name);
        if (value == nullptr || *value == '\0') {
            continue;
        }
        const bool is_seconds = std::string_view(name) == "HEARTBEAT_INTERVAL";
        values.push_back({name, setting, is_seconds ? with_unit(value) : value});
    }
    return values;
}

base::Expected<std::unique_ptr<BrokerOptions>> load_options(const OptionSources& sources) {
    auto options = std::make_unique<BrokerOptions>();
    config::Schema schema = schema_of(*options);
    if (!sources.file.empty()) {
        if (auto loaded = schema.load_file(sources.file); !loaded) {
            return base::Unexpected(std::move(loaded.error()));
        }
    }
    for (const auto* values : {&sources.environment, &sources.flags}) {
        if (auto applied = apply(schema, *values); !applied) {
            return base::Unexpected(std::move(applied.error()));
        }
    }
    if (auto checked = check_together(*options); !checked) {
        return base::Unexpected(std::move(checked.error()));
    }
    return options;
}

Reload plan_reload(BrokerOptions& started, BrokerOptions& loaded) {
    Reload reload;
    for (config::Difference& difference : schema_of(loaded).differences_from(schema_of(started))) {
        auto& list = difference.is_reloadable ? reload.changed : reload.needs_restart;
        list.push_back(std::move(difference));
    }
    reload.policy = loaded.policy;
    reload.policy.broker_id = started.policy.broker_id;
    reload.policy.limits.message_bytes_max = started.policy.limits.message_bytes_max;
    reload.log_level = loaded.log_options().level;
    reload.lifecycle_kinds = loaded.lifecycle_kinds();
    return reload;
}

}  // namespace steward::app
