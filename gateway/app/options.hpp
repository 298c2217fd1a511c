// gateway/app: every setting of the gateway and the table that describes them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "client/client.hpp"
#include "common/base/expected.hpp"
#include "common/config/schema.hpp"
#include "common/keys/own_key.hpp"
#include "common/log/log.hpp"
#include "gateway/api/desk.hpp"
#include "gateway/api/front.hpp"
#include "gateway/http/server.hpp"

namespace steward::gateway {

/// [gateway] of etc/steward.toml.
struct GatewayOptions {
    std::vector<std::string> brokers = {"127.0.0.1:5555"};
    std::vector<std::string> news;  // empty: at the brokers' hosts, port 5557
    keys::KeyFiles keys;            // for brokers with keys
    ServerOptions server;
    DeskOptions desk;
    FrontOptions front;
    bool open_to_network = false;
    std::string log_level = "info";
    std::string log_file;

    [[nodiscard]] client::Options client_options() const;
    /// Errors: Malformed, naming gateway.news.
    [[nodiscard]] base::Expected<std::vector<std::string>> news_endpoints() const;
    [[nodiscard]] log::LogOptions log_options() const;
};

/// The table over `options`, which must stay where it is.
[[nodiscard]] config::Schema schema_of(GatewayOptions& options);

/// One value from a flag: ("--port", "gateway.port", "0").
struct FlagValue {
    std::string flag;
    std::string setting;
    std::string value;
};

/// `file` empty: defaults. Errors: BadConfig, naming every mistake with its place; Io.
[[nodiscard]] base::Expected<std::unique_ptr<GatewayOptions>> load_options(
    const std::string& file, const std::vector<FlagValue>& flags);

/// The rules between settings. Errors: BadConfig, naming them: the gateway is open to a network
/// only with tokens, or when told so in so many words.
[[nodiscard]] base::Expected<void> check_together(const GatewayOptions& options);

}  // namespace steward::gateway
