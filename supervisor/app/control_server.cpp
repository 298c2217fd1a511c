#include "supervisor/app/control_server.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include "common/posix/clock.hpp"
#include "common/posix/errno_text.hpp"

namespace steward::supervisor {
namespace {

bool send_line(int fd, std::string line) {
    line += '\n';
    std::string_view rest = line;
    while (!rest.empty()) {
        const ssize_t sent = ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

}  // namespace

ControlServer::ControlServer(posix::UniqueFd listening,
                             std::string path,
                             Watcher& watcher,
                             Handler handler)
    : listening_(std::move(listening)),
      path_(std::move(path)),
      watcher_(watcher),
      handler_(std::move(handler)) {}

base::Expected<std::unique_ptr<ControlServer>> ControlServer::open(const std::string& path,
                                                                   Watcher& watcher,
                                                                   Handler handler) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return base::fail(base::Errc::BadConfig,
                          "the control socket's path " + path + " has " +
                              std::to_string(path.size()) + " bytes, the system allows " +
                              std::to_string(sizeof address.sun_path - 1) +
                              "; the setting is supervisor.run_dir");
    }
    std::ranges::copy(path, address.sun_path);
    posix::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    ::unlink(path.c_str());
    const mode_t before = ::umask(0177);
    const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
    const bool is_bound = fd.is_open() && ::bind(fd.get(), generic, sizeof address) == 0;
    const int number = errno;
    ::umask(before);
    if (!is_bound || ::listen(fd.get(), SOMAXCONN) != 0) {
        return posix::io_error("cannot listen on " + path, is_bound ? errno : number);
    }
    std::unique_ptr<ControlServer> server(
        new ControlServer(std::move(fd), path, watcher, std::move(handler)));
    auto token =
        watcher.watch(server->listening_.get(), [raw = server.get()] { raw->accept_one(); });
    if (!token) {
        return base::Unexpected(std::move(token.error()));
    }
    server->token_ = *token;
    return server;
}

ControlServer::~ControlServer() {
    if (token_) {
        watcher_.forget(*token_);
    }
    for (const auto& [number, connection] : connections_) {
        watcher_.forget(connection.token);
    }
    ::unlink(path_.c_str());
}

void ControlServer::accept_one() {
    posix::UniqueFd fd(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd.is_open() || connections_.size() >= kConnectionsMax) {
        return;  // turned away
    }
    const timeval patience{1, 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const std::uint64_t number = ++last_number_;
    const auto token = watcher_.watch(fd.get(), [this, number] { read(number); });
    if (token) {
        connections_[number] = Connection{std::move(fd), *token, {}, std::nullopt};
    }
}

void ControlServer::read(std::uint64_t number) {
    const auto found = connections_.find(number);
    if (found == connections_.end()) {
        return;
    }
    Connection& connection = found->second;
    std::array<char, 4096> bytes{};
    const ssize_t got = ::recv(connection.fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (got > 0) {
        connection.unread.append(bytes.data(), static_cast<std::size_t>(got));
    }
    const bool is_sound = got > 0 && connection.unread.size() <= kLineBytesMax;
    if (!is_sound || !take_lines(connection, posix::read_mono())) {
        watcher_.forget(connection.token);
        connections_.erase(found);
    }
}

bool ControlServer::take_lines(Connection& connection, base::MonoTime now) {
    while (!connection.open) {
        const std::size_t end = connection.unread.find('\n');
        if (end == std::string::npos) {
            return true;
        }
        const std::string line = connection.unread.substr(0, end);
        connection.unread.erase(0, end + 1);
        connection.open = handler_(now, line);
        if (!answer(connection, now, false)) {
            return false;
        }
    }
    return true;
}

// False: the connection is of no use any more.
bool ControlServer::answer(Connection& connection, base::MonoTime now, bool is_last) {
    if (!connection.open) {
        return true;
    }
    const auto line = connection.open->answer(now, is_last || now >= connection.open->deadline);
    if (!line) {
        return true;
    }
    connection.open.reset();
    return send_line(connection.fd.get(), *line);
}

void ControlServer::look(base::MonoTime now, bool is_last) {
    for (auto entry = connections_.begin(); entry != connections_.end();) {
        Connection& connection = entry->second;
        if (answer(connection, now, is_last) && take_lines(connection, now)) {
            ++entry;
        } else {
            watcher_.forget(connection.token);
            entry = connections_.erase(entry);
        }
    }
}

std::optional<base::MonoTime> ControlServer::next_deadline() const {
    std::optional<base::MonoTime> next;
    for (const auto& [number, connection] : connections_) {
        if (connection.open && (!next || connection.open->deadline < *next)) {
            next = connection.open->deadline;
        }
    }
    return next;
}

}  // namespace steward::supervisor
