#include "common/net/stream_address.hpp"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <utility>

#include "common/net/endpoint.hpp"
#include "common/posix/errno_text.hpp"

namespace steward::net {
namespace {

// A whole fleet of workers may come back at once.
constexpr int kBacklog = 4096;
// A batch of about a megabyte goes over in few turns; the system may give less.
constexpr int kBufferBytes = 1 << 20;

struct Address {
    sockaddr_un name{};
    socklen_t size = 0;

    [[nodiscard]] const sockaddr* get() const {
        return reinterpret_cast<const sockaddr*>(&name);  // the system's own idiom
    }
};

// Pre: the name fits, as those of local_name_of() do.
Address address_of(const std::string& name) {
    Address address;
    address.name.sun_family = AF_UNIX;
    std::memcpy(address.name.sun_path + 1, name.data(), name.size());  // the first byte stays 0
    address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    return address;
}

posix::UniqueFd stream_socket() {
    posix::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (fd.is_open()) {
        // Accepted sockets have that of the listening one.
        ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUF, &kBufferBytes, sizeof kBufferBytes);
    }
    return fd;
}

}  // namespace

std::optional<std::string> local_name_of(std::string_view endpoint) {
    const auto port = port_of(endpoint);
    if (!port || *port == 0) {
        return std::nullopt;
    }
    const std::string_view scheme = "tcp://";
    std::string_view host = endpoint.substr(scheme.size(), endpoint.rfind(':') - scheme.size());
    if (host == "localhost" || host == "0.0.0.0" || host == "*") {
        host = "127.0.0.1";
    } else if (host == "[::]") {
        host = "[::1]";
    }
    if (host != "[::1]" && (!host.starts_with("127.") || host.size() > 15)) {
        return std::nullopt;
    }
    return "steward/" + std::string(host) + ":" + std::to_string(*port);
}

base::Expected<posix::UniqueFd> listen_locally(const std::string& name) {
    posix::UniqueFd fd = stream_socket();
    const Address address = address_of(name);
    if (!fd.is_open() || ::bind(fd.get(), address.get(), address.size) != 0 ||
        ::listen(fd.get(), kBacklog) != 0) {
        return posix::io_error("cannot listen on the local socket @" + name, errno);
    }
    return fd;
}

std::optional<posix::UniqueFd> connect_locally(const std::string& name) {
    posix::UniqueFd fd = stream_socket();
    const Address address = address_of(name);
    if (!fd.is_open() || ::connect(fd.get(), address.get(), address.size) != 0) {
        return std::nullopt;
    }
    return fd;
}

}  // namespace steward::net
