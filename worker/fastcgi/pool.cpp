#include "worker/fastcgi/pool.hpp"

#include <cerrno>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <sys/un.h>

#include "common/base/bytes.hpp"
#include "common/posix/errno_text.hpp"

namespace steward::worker::fastcgi {
namespace {

base::Unexpected bad(const std::string& text, const std::string& why) {
    return base::fail(base::Errc::BadConfig,
                      "--pool is like unix:/run/php/php-fpm.sock or 127.0.0.1:9000; this is \"" +
                          base::printable(text, 200) + "\"" + why);
}

}  // namespace

base::Expected<PoolAddress> PoolAddress::parse(const std::string& text) {
    PoolAddress pool;
    pool.text_ = text;
    const bool is_marked = text.starts_with("unix:");
    if (is_marked || text.starts_with('/')) {
        const std::string path = is_marked ? text.substr(5) : text;
        sockaddr_un local{};
        if (path.empty() || path.size() >= sizeof local.sun_path) {
            return bad(text,
                       ": a path of 1 to " + std::to_string(sizeof local.sun_path - 1) + " bytes");
        }
        local.sun_family = AF_UNIX;
        std::memcpy(local.sun_path, path.data(), path.size());
        std::memcpy(&pool.address_, &local, sizeof local);
        pool.size_ = sizeof local;
        return pool;
    }
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) {
        return bad(text, "");
    }
    std::string host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int failed = ::getaddrinfo(host.c_str(), text.c_str() + colon + 1, &wanted, &found);
    if (failed != 0) {
        return bad(text, std::string(": ") + ::gai_strerror(failed));
    }
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, &::freeaddrinfo);
    std::memcpy(&pool.address_, found->ai_addr, found->ai_addrlen);
    pool.size_ = found->ai_addrlen;
    return pool;
}

base::Expected<posix::UniqueFd> PoolAddress::connect() const {
    posix::UniqueFd socket(
        ::socket(address_.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const auto* address = reinterpret_cast<const sockaddr*>(&address_);  // NOLINT: as POSIX has it
    if (!socket.is_open() ||
        (::connect(socket.get(), address, size_) != 0 && errno != EINPROGRESS)) {
        if (errno == EAGAIN) {
            return base::fail(base::Errc::TooManyInFlight, "the pool has no room at " + text_);
        }
        return posix::io_error("cannot connect to the pool at " + text_, errno);
    }
    return socket;
}

}  // namespace steward::worker::fastcgi
