#include "client/brokers.hpp"

#include "common/net/endpoint.hpp"

namespace steward::client {

namespace {

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// "[::1]:5555" has one, "::1" and "host" have none.
bool names_port(std::string_view address) {
    const std::size_t colon = address.rfind(':');
    if (colon == std::string_view::npos || address.ends_with(']')) {
        return false;
    }
    return address.find(':') == colon || address[colon - 1] == ']';
}

}  // namespace

base::Expected<std::string> broker_endpoint(std::string_view text, std::uint16_t port) {
    text = trimmed(text);
    std::string_view address = text;
    if (address.starts_with("tcp://")) {
        address.remove_prefix(6);
    }
    if (address.empty()) {
        return base::fail(base::Errc::Malformed,
                          "a broker's address is missing: write HOST or HOST:PORT");
    }
    const bool is_tcp = address.find("://") == std::string_view::npos;
    return net::parse_endpoint(is_tcp && !names_port(address) ? net::tcp_endpoint(address, port)
                                                              : std::string(text));
}

base::Expected<std::vector<std::string>> broker_endpoints(std::string_view list,
                                                          std::uint16_t port) {
    std::vector<std::string> endpoints;
    for (bool more = true; more;) {
        const std::size_t comma = list.find(',');
        more = comma != std::string_view::npos;
        auto endpoint = broker_endpoint(list.substr(0, comma), port);
        if (!endpoint) {
            return base::Unexpected(std::move(endpoint.error()));
        }
        if (endpoints.size() == kBrokersMax) {
            return base::fail(base::Errc::Malformed,
                              "a list of brokers has at most " + std::to_string(kBrokersMax));
        }
        endpoints.push_back(std::move(*endpoint));
        list.remove_prefix(more ? comma + 1 : list.size());
    }
    return endpoints;
}

base::Error no_broker(const std::vector<std::string>& endpoints,
                      const std::string& refusal,
                      const std::string& trouble) {
    std::string brokers;
    for (const std::string& endpoint : endpoints) {
        brokers += brokers.empty() ? "" : ", ";
        brokers += endpoint;
    }
    if (!refusal.empty()) {
        return {base::Errc::KeyRefused, brokers + ": " + refusal, std::nullopt};
    }
    std::string message = "no broker answers at " + brokers;
    if (!trouble.empty()) {
        message += " (" + trouble + ")";
    }
    return {base::Errc::Disconnected, std::move(message), std::nullopt};
}

}  // namespace steward::client
