#include "common/net/endpoint.hpp"

#include "common/base/bytes.hpp"
#include "common/base/whole_number.hpp"

namespace steward::net {
namespace {

constexpr std::size_t kEndpointBytesMax = 512;

base::Unexpected refused(std::string_view text) {
    return base::fail(base::Errc::Malformed,
                      "\"" + base::printable(text) +
                          "\" is no endpoint: write tcp://HOST:PORT, HOST:PORT or ipc:///PATH");
}

}  // namespace

std::string tcp_endpoint(std::string_view host, std::uint16_t port) {
    const bool bare_ipv6 = host.find(':') != std::string_view::npos && !host.starts_with('[');
    std::string text = "tcp://";
    text += bare_ipv6 ? "[" : "";
    text += host;
    text += bare_ipv6 ? "]" : "";
    text += ':';
    text += port == 0 ? "*" : std::to_string(port);
    return text;
}

bool is_loopback(std::string_view host) {
    const bool is_numeric = host.find_first_not_of("0123456789.") == std::string_view::npos;
    return host == "localhost" || host == "::1" || host == "[::1]" || host == "lo" ||
           (is_numeric && host.starts_with("127."));
}

base::Expected<std::uint16_t> port_of(std::string_view endpoint) {
    const std::size_t colon = endpoint.rfind(':');
    if (!endpoint.starts_with("tcp://") || colon < 6) {
        return refused(endpoint);
    }
    const auto port = base::parse_whole<std::uint16_t>(endpoint.substr(colon + 1));
    if (!port) {
        return refused(endpoint);
    }
    return *port;
}

base::Expected<std::string> parse_endpoint(std::string_view text) {
    if (text.size() > kEndpointBytesMax || text.find('\0') != std::string_view::npos) {
        return refused(text);
    }
    for (const std::string_view scheme : {"ipc://", "inproc://"}) {
        if (text.starts_with(scheme) && text.size() > scheme.size()) {
            return std::string(text);
        }
    }
    std::string endpoint(text.find("://") == std::string_view::npos ? "tcp://" : "");
    endpoint += text;
    const std::size_t colon = endpoint.rfind(':');
    if (colon == 6 || !port_of(endpoint).has_value()) {  // 6: nothing between // and :
        return refused(text);
    }
    return endpoint;
}

}  // namespace steward::net
