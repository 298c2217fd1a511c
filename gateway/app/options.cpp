#include "gateway/app/options.hpp"

#include <algorithm>
#include <limits>

#include "client/brokers.hpp"
#include "common/config/shared_file.hpp"
#include "common/log/level.hpp"

namespace steward::gateway {

using config::Field;

namespace {

constexpr std::uint64_t kMillisecond = 1'000;
constexpr std::uint64_t kSecond = 1'000 * kMillisecond;
constexpr std::uint64_t kHour = 3'600 * kSecond;
constexpr std::uint64_t kKiB = 1U << 10U;
constexpr std::uint64_t kGiB = 1U << 30U;
constexpr std::uint64_t kPathBytesMax = 4'000;
constexpr std::uint64_t kNameBytesMax = 255;
constexpr std::uint64_t kPortMax = std::numeric_limits<std::uint16_t>::max();

base::Expected<void> check_level(std::string_view text) {
    if (!log::parse_level(text)) {
        return base::fail(base::Errc::BadConfig, "allowed are error, warning, info and debug");
    }
    return {};
}

base::Expected<void> check_broker(std::string_view text) {
    return client::broker_endpoint(text).map([](const std::string&) {});
}

base::Expected<void> check_origin(std::string_view text) {
    if (const std::string fault = origin_fault(text); !fault.empty()) {
        return base::fail(base::Errc::BadConfig, "an origin " + fault);
    }
    return {};
}

bool is_loopback(const std::string& address) {
    return address.starts_with("127.") || address == "::1";
}

// One table, as long as there are settings. NOLINTNEXTLINE(readability-function-size)
std::vector<Field> place_fields(GatewayOptions& o) {
    return {
        {.key = "brokers",
         .target = &o.brokers,
         .doc = "Where the brokers are; the first that answers is used.",
         .min = 1,
         .max = kNameBytesMax,
         .check = &check_broker},
        {.key = "news",
         .target = &o.news,
         .doc = "Where their news are. Empty: at the brokers' hosts, port 5557.",
         .max = kNameBytesMax,
         .check = &check_broker},
        {.key = "client_key_file",
         .target = &o.keys.own,
         .doc =
             "The gateway's own secret key, for brokers with keys: made by `steward keygen`, mode "
             "0600; or `credential:NAME`. Empty: what `STEWARD_KEY_FILE` says.",
         .max = kPathBytesMax},
        {.key = "server_key_file",
         .target = &o.keys.server,
         .doc = "The brokers' public key, their `.pub` file. Empty: what `STEWARD_SERVER_KEY_FILE` "
                "says.",
         .max = kPathBytesMax},
        {.key = "bind",
         .target = &o.server.bind,
         .doc = "IP address to listen on.",
         .min = 1,
         .max = kNameBytesMax},
        {.key = "port",
         .target = &o.server.port,
         .doc = "Port to listen on; 0: any free one.",
         .max = kPortMax},
        {.key = "open_to_network",
         .target = &o.open_to_network,
         .doc = "Lets everybody who can reach `bind` do everything, without tokens."},
        {.key = "tokens_file",
         .target = &o.front.tokens_file,
         .doc =
             "File with the bearer tokens and their roles. Empty: nobody has to say who they are. "
             "Read again on SIGHUP.",
         .max = kPathBytesMax},
        {.key = "certificate_file",
         .target = &o.server.certificate_file,
         .doc = "Certificate and its chain, PEM: then HTTPS is spoken. Read again on SIGHUP.",
         .max = kPathBytesMax},
        {.key = "key_file",
         .target = &o.server.key_file,
         .doc = "The certificate's key, PEM.",
         .max = kPathBytesMax},
        {.key = "allowed_origins",
         .target = &o.front.allowed_origins,
         .doc = "Pages of other sites that may use the gateway (CORS): `https://host`, or `*` for "
                "all, which wants tokens.",
         .min = 1,
         .max = kNameBytesMax,
         .check = &check_origin},
        {.key = "server_names",
         .target = &o.front.server_names,
         .doc = "Host names under which browsers reach the gateway, beside `localhost` and IP "
                "addresses. Without tokens any other is refused.",
         .min = 1,
         .max = kNameBytesMax},
        {.key = "log_level",
         .target = &o.log_level,
         .doc = "`error`, `warning`, `info` or `debug`. Requests are told at info.",
         .is_reloadable = true,
         .min = 1,
         .max = 16,
         .check = &check_level},
        {.key = "log_file",
         .target = &o.log_file,
         .doc = "Empty: standard error.",
         .max = kPathBytesMax}};
}

std::vector<Field> bound_fields(GatewayOptions& o) {
    ServerOptions& s = o.server;
    return {
        {.key = "call_timeout",
         .target = &o.desk.call_timeout,
         .doc = "How long a call may take that names no time-out.",
         .min = kMillisecond,
         .max = kHour},
        {.key = "lines_max",
         .target = &o.desk.lines_max,
         .doc = "Jobs in one request of JSON lines.",
         .min = 1,
         .max = 1'000'000},
        {.key = "connections_max",
         .target = &s.connections_max,
         .doc = "Connections at once; one more is answered 503.",
         .min = 1,
         .max = 1'000'000},
        {.key = "header_bytes_max",
         .target = &s.header_bytes_max,
         .doc = "Head of a request; a larger one is answered 431.",
         .is_size = true,
         .min = kKiB,
         .max = 1U << 20U},
        {.key = "body_bytes_max",
         .target = &s.body_bytes_max,
         .doc = "Body of a request; a larger one is answered 413.",
         .is_size = true,
         .min = kKiB,
         .max = kGiB},
        {.key = "bodies_bytes_max",
         .target = &s.bodies_bytes_max,
         .doc = "Bodies of all requests that come in or are not answered, but for those of at most "
                "64KiB; one more is answered 503.",
         .is_size = true,
         .min = kKiB * kKiB,
         .max = kKiB * kGiB},
        {.key = "message_bytes_max",
         .target = &s.message_bytes_max,
         .doc = "One message of a WebSocket; a larger one closes it with code 1009.",
         .is_size = true,
         .min = kKiB,
         .max = kGiB},
        {.key = "send_queue_bytes_max",
         .target = &s.send_queue_bytes_max,
         .doc = "What waits for a reader of events who is slow; past it the reader is told so and "
                "dropped.",
         .is_size = true,
         .min = kKiB,
         .max = kGiB},
        {.key = "header_timeout",
         .target = &s.header_timeout,
         .doc = "From the first byte of a request to the end of its head.",
         .min = 10 * kMillisecond,
         .max = kHour},
        {.key = "body_timeout",
         .target = &s.body_timeout,
         .doc = "From there to the end of its body.",
         .min = 10 * kMillisecond,
         .max = kHour},
        {.key = "idle_timeout",
         .target = &s.idle_timeout,
         .doc = "Between two requests of a connection.",
         .min = 10 * kMillisecond,
         .max = kHour},
        {.key = "send_timeout",
         .target = &s.send_timeout,
         .doc = "For an answer, or a piece of a stream, to be taken.",
         .min = 10 * kMillisecond,
         .max = kHour},
        {.key = "ping_interval",
         .target = &s.ping_interval,
         .doc = "Between signs of life on event streams and WebSockets.",
         .min = 10 * kMillisecond,
         .max = kHour}};
}

}  // namespace

client::Options GatewayOptions::client_options() const {
    client::Options client;
    client.brokers = brokers;
    client.keys = keys;
    client.timeout = desk.call_timeout;
    // A gateway without a broker says so soon.
    client.connect_timeout = std::chrono::seconds(3);
    return client;
}

base::Expected<std::vector<std::string>> GatewayOptions::news_endpoints() const {
    constexpr std::uint16_t kNewsPort = 5557;
    std::vector<std::string> endpoints;
    for (const std::string& text : news.empty() ? brokers : news) {
        auto endpoint = client::broker_endpoint(text, kNewsPort);
        if (!endpoint) {
            return endpoint.map([](const std::string&) { return std::vector<std::string>(); });
        }
        if (news.empty() && endpoint->starts_with("tcp://")) {
            endpoint->replace(
                endpoint->rfind(':') + 1, std::string::npos, std::to_string(kNewsPort));
        } else if (news.empty()) {
            return base::fail(base::Errc::BadConfig,
                              "where are the news of " + text + "? Say it in gateway.news");
        }
        endpoints.push_back(std::move(*endpoint));
    }
    return endpoints;
}

log::LogOptions GatewayOptions::log_options() const {
    return {.file = log_file, .level = log::parse_level(log_level).value_or(log::Level::Info)};
}

config::Schema schema_of(GatewayOptions& options) {
    config::Schema schema;
    config::Section section{
        "gateway", "The door for HTTP and WebSocket, a program of its own: steward-gateway.", {}};
    section.fields = place_fields(options);
    for (Field& field : bound_fields(options)) {
        section.fields.push_back(std::move(field));
    }
    schema.sections.push_back(std::move(section));
    schema.of_others = config::sections_of_others("steward-gateway");
    return schema;
}

base::Expected<std::unique_ptr<GatewayOptions>> load_options(const std::string& file,
                                                             const std::vector<FlagValue>& flags) {
    auto options = std::make_unique<GatewayOptions>();
    config::Schema schema = schema_of(*options);
    if (!file.empty()) {
        if (auto loaded = schema.load_file(file); !loaded) {
            return base::Unexpected(std::move(loaded.error()));
        }
    }
    for (const FlagValue& value : flags) {
        if (auto set = schema.set(value.setting, value.value, value.flag); !set) {
            return base::Unexpected(std::move(set.error()));
        }
    }
    if (auto checked = check_together(*options); !checked) {
        return base::Unexpected(std::move(checked.error()));
    }
    // Others reach it by names that nobody here knows; who comes by a page shows a token.
    options->front.trusts_hosts = options->open_to_network || !options->front.tokens_file.empty();
    return options;
}

base::Expected<void> check_together(const GatewayOptions& options) {
    const ServerOptions& server = options.server;
    if (server.certificate_file.empty() != server.key_file.empty()) {
        return base::fail(base::Errc::BadConfig,
                          "gateway.certificate_file and gateway.key_file are given together");
    }
    if (options.keys.own.empty() != options.keys.server.empty()) {
        return base::fail(base::Errc::BadConfig,
                          "gateway.client_key_file and gateway.server_key_file are given together");
    }
    if (!is_loopback(server.bind) && options.front.tokens_file.empty() &&
        !options.open_to_network) {
        return base::fail(
            base::Errc::BadConfig,
            "gateway.bind is " + server.bind +
                ", which others on the network can reach, and there are no tokens: name "
                "a gateway.tokens_file, or say gateway.open_to_network = true");
    }
    const auto& origins = options.front.allowed_origins;
    if (options.front.tokens_file.empty() && std::ranges::find(origins, "*") != origins.end()) {
        return base::fail(base::Errc::BadConfig,
                          "gateway.allowed_origins has \"*\", so that every page that anybody here "
                          "opens could do everything, and there are no tokens: name the sites, or "
                          "a gateway.tokens_file");
    }
    return {};
}

}  // namespace steward::gateway
