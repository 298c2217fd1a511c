// broker/app: what the parts of the broker's transport have in common.
#pragma once

#include <string>
#include <string_view>

#include "broker/app/transport.hpp"
#include "common/base/expected.hpp"
#include "common/net/unfinished.hpp"

namespace steward::app {

/// The three addresses, as ZeroMQ writes them; wished for, or really bound.
struct Endpoints {
    std::string clients;
    std::string workers;
    std::string news;
};

/// Of whom a connection was ended because a message did not end.
struct UnfinishedCut {
    std::string_view whose;  // "clients", "workers", "readers of news"
    std::string_view limit;  // the setting; both are literals
    net::UnfinishedCut what;
};

/// The name of a side's peers, and the setting of their port.
[[nodiscard]] inline std::string_view peers_of(Side side) {
    return side == Side::Frontend ? "clients" : "workers";
}

[[nodiscard]] inline std::string_view port_setting_of(Side side) {
    return side == Side::Frontend ? "client_port" : "worker_port";
}

/// The error of listening at an address with the settings that would change it.
[[nodiscard]] inline base::Unexpected cannot_listen(base::Error error,
                                                    std::string_view port_setting) {
    error.message += "; the settings are broker." + std::string(port_setting) +
                     " and broker.bind, an address or interface of this machine";
    return base::Unexpected(std::move(error));
}

}  // namespace steward::app
