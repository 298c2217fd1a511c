#include "common/net/tcp_address.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <ifaddrs.h>
#include <linux/tcp.h>
#include <memory>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <optional>
#include <string_view>
#include <sys/socket.h>

#include "common/net/endpoint.hpp"
#include "common/posix/errno_text.hpp"

namespace steward::net {
namespace {

struct TcpAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;

    [[nodiscard]] sockaddr* get() {
        return reinterpret_cast<sockaddr*>(&storage);  // the system's own idiom
    }

    [[nodiscard]] bool is_ipv6() const { return storage.ss_family == AF_INET6; }
};

struct Text {
    std::string host;
    std::string port;
};

std::optional<Text> numeric_text(TcpAddress address) {
    std::array<char, NI_MAXHOST> host{};
    std::array<char, NI_MAXSERV> port{};
    if (::getnameinfo(address.get(),
                      address.size,
                      host.data(),
                      host.size(),
                      port.data(),
                      port.size(),
                      NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        return std::nullopt;
    }
    return Text{host.data(), port.data()};
}

std::optional<TcpAddress> parsed(const std::string& host, const std::string& port) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) {
        return std::nullopt;
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    TcpAddress address;
    std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
    address.size = found->ai_addrlen;
    return address;
}

// The first IPv4 address of an interface of this name.
std::string host_of_interface(const std::string& name) {
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0) {
        return {};
    }
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(all, &::freeifaddrs);
    for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
        if (name == one->ifa_name && one->ifa_addr != nullptr &&
            one->ifa_addr->sa_family == AF_INET) {
            TcpAddress address;
            address.size = sizeof(sockaddr_in);
            std::memcpy(&address.storage, one->ifa_addr, sizeof(sockaddr_in));
            const auto text = numeric_text(address);
            return text ? text->host : std::string();
        }
    }
    return {};
}

std::optional<TcpAddress> resolved(std::string_view endpoint) {
    const std::size_t begin = std::string_view("tcp://").size();
    const std::size_t colon = endpoint.rfind(':');
    if (!endpoint.starts_with("tcp://") || colon == std::string_view::npos || colon <= begin) {
        return std::nullopt;
    }
    std::string host(endpoint.substr(begin, colon - begin));
    std::string port(endpoint.substr(colon + 1));
    port = port == "*" ? "0" : port;
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    } else if (host == "*") {
        host = "0.0.0.0";
    } else if (host == "localhost") {
        host = "127.0.0.1";
    }
    const auto address = parsed(host, port);
    return address ? address : parsed(host_of_interface(host), port);
}

bool set(int fd, int level, int name, int value) {
    return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

// What is accepted has these as well. A host that vanished while nothing is sent to it is found by
// the system; messages leave as they are written, for they were gathered before.
bool set_options(int fd, bool is_ipv6) {
    return set(fd, SOL_SOCKET, SO_REUSEADDR, 1) && set(fd, IPPROTO_TCP, TCP_NODELAY, 1) &&
           set(fd, SOL_SOCKET, SO_KEEPALIVE, 1) && set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 60) &&
           set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 10) && set(fd, IPPROTO_TCP, TCP_KEEPCNT, 3) &&
           (!is_ipv6 || set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0));
}

}  // namespace

base::Expected<TcpListening> listen_over_tcp(const std::string& endpoint, int backlog) {
    const std::string doing = "cannot listen on " + endpoint;
    auto address = resolved(endpoint);
    if (!address) {
        return posix::io_error(doing, ENODEV);
    }
    posix::UniqueFd fd(::socket(
        address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
    if (!fd.is_open() || !set_options(fd.get(), address->is_ipv6()) ||
        ::bind(fd.get(), address->get(), address->size) != 0 || ::listen(fd.get(), backlog) != 0) {
        return posix::io_error(doing, errno);
    }
    TcpAddress bound;
    bound.size = sizeof bound.storage;
    if (::getsockname(fd.get(), bound.get(), &bound.size) != 0) {
        return posix::io_error(doing, errno);
    }
    const auto text = numeric_text(bound);
    if (!text) {
        return posix::io_error(doing, EADDRNOTAVAIL);
    }
    const std::string host = bound.is_ipv6() ? "[" + text->host + "]" : text->host;
    return TcpListening{std::move(fd), "tcp://" + host + ":" + text->port};
}

std::string tcp_peer_of(int fd) {
    TcpAddress peer;
    peer.size = sizeof peer.storage;
    if (::getpeername(fd, peer.get(), &peer.size) != 0) {
        return "unknown";
    }
    const auto text = numeric_text(peer);
    return text ? text->host + " port " + text->port : "unknown";
}

}  // namespace steward::net
