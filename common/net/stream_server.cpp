#include "common/net/stream_server.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utility>

#include "common/posix/errno_text.hpp"

namespace steward::net {
namespace {

// Read at one go, of all that have something to read: a read may bring as many messages as it has
// words of four bytes, which weigh more in memory than on the wire, and wait until it is their
// turn.
constexpr std::size_t kScratchBytes = 256UL << 10U;
constexpr std::size_t kPieceBytesMin = 2UL << 10U;
constexpr int kEventsPerLook = 256;
constexpr int kAcceptedPerLook = 64;
constexpr base::Duration kRest = std::chrono::milliseconds(100);

// A routing id is a zero byte, which no peer of ZeroMQ may choose, and eight bytes: ZeroMQ's own
// have four.
constexpr std::size_t kRoutingIdBytes = 9;

void write_id(std::uint64_t number, std::string& routing_id) {
    routing_id.assign(kRoutingIdBytes, '\0');
    for (std::size_t i = kRoutingIdBytes; i-- > 1; number >>= 8U) {
        routing_id[i] = static_cast<char>(number);
    }
}

// Two small frames find room in any new socket.
void turn_away(posix::UniqueFd fd, MessageBound bound) {
    StreamSocket socket(std::move(fd), bound, StreamSocket::End::Accepting);
    static_cast<void>(socket.send(
        {base::Blob::copy(kStreamRefusal),
         base::Blob::copy("the broker asks for a key, and this user of its machine is none of "
                          "its clients; make a key with `steward keygen`")}));
}

// The process at the other end: a local stream has no address.
std::string name_of(int fd) {
    ucred who{};
    socklen_t size = sizeof who;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) {
        return "unknown";
    }
    return "process " + std::to_string(who.pid) + " of user " + std::to_string(who.uid);
}

std::uint64_t read_id(std::string_view routing_id) {
    std::uint64_t number = 0;
    for (const char byte : routing_id.substr(1)) {
        number = number << 8U | static_cast<unsigned char>(byte);
    }
    return number;
}

}  // namespace

StreamServer::StreamServer(posix::UniqueFd listening,
                           posix::UniqueFd epoll,
                           const StreamServerOptions& options)
    : listening_(std::move(listening)),
      epoll_(std::move(epoll)),
      options_(options),
      scratch_(kScratchBytes) {}

base::Expected<std::unique_ptr<StreamServer>> StreamServer::open(
    posix::UniqueFd listening, const StreamServerOptions& options) {
    posix::UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll.is_open()) {
        return posix::io_error("cannot watch connections", errno);
    }
    std::unique_ptr<StreamServer> server(
        new StreamServer(std::move(listening), std::move(epoll), options));
    if (!server->watch(EPOLL_CTL_ADD, server->listening_.get(), Handle{}, EPOLLIN)) {
        return posix::io_error("cannot watch connections", errno);
    }
    return server;
}

bool StreamServer::is_ours(std::string_view routing_id) {
    return routing_id.size() == kRoutingIdBytes && routing_id.front() == '\0';
}

bool StreamServer::watch(int operation, int fd, Handle handle, std::uint32_t events) const {
    epoll_event event{};
    event.events = events;
    event.data.u64 = handle.number();
    return ::epoll_ctl(epoll_.get(), operation, fd, &event) == 0;
}

// ---- who comes ----

void StreamServer::look(base::MonoTime now) {
    now_ = now;
    turn_away_silent(now);
    cut_standing(now);
    if (rests_until_ && now >= *rests_until_) {
        rests_until_.reset();
        static_cast<void>(watch(EPOLL_CTL_MOD, listening_.get(), Handle{}, EPOLLIN));
    }
    // The system fills in those it tells of. NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
    std::array<epoll_event, kEventsPerLook> events;
    const int count = ::epoll_wait(epoll_.get(), events.data(), kEventsPerLook, 0);
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        const Handle handle = connections_.handle_of(event.data.u64);
        Connection* connection = connections_.find(handle);
        if (event.data.u64 == Handle{}.number()) {  // the listening socket's
            accept_all(now);
        } else if (connection != nullptr) {
            if ((event.events & EPOLLOUT) != 0) {
                connection->socket.flush();
                update_writing(handle, *connection);
            }
            if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) {
                make_ready(handle, *connection);
            }
        }
    }
}

void StreamServer::accept_all(base::MonoTime now) {
    for (int i = 0; i < kAcceptedPerLook; ++i) {
        posix::UniqueFd fd(
            ::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!fd.is_open()) {
            if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
                rest(now);
            }
            return;
        }
        if (connections_.size() >= options_.connections_max) {
            continue;  // closes it
        }
        const auto who = admitted(fd.get());
        if (!who) {
            turn_away(std::move(fd), options_.bound);
            continue;
        }
        const int number = fd.get();
        const Handle handle = connections_.emplace(
            StreamSocket(std::move(fd), options_.bound, StreamSocket::End::Accepting), *who);
        if (!watch(EPOLL_CTL_ADD, number, handle, EPOLLIN)) {
            erase(handle);
            rest(now);
            return;
        }
        newcomers_.push_back({handle, now + options_.silence});
    }
}

// The system vouches for the user who has connected.
std::optional<std::uint32_t> StreamServer::admitted(int fd) const {
    if (!options_.admit) {
        return 0;
    }
    ucred who{};
    socklen_t size = sizeof who;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) {
        return std::nullopt;
    }
    return options_.admit(who.uid);
}

// Who waits to be accepted keeps the descriptor readable: without this the loop would never sleep.
void StreamServer::rest(base::MonoTime now) {
    rests_until_ = now + kRest;
    static_cast<void>(watch(EPOLL_CTL_MOD, listening_.get(), Handle{}, 0));
}

void StreamServer::turn_away_silent(base::MonoTime now) {
    while (!newcomers_.empty() && newcomers_.front().until <= now) {
        const Connection* connection = connections_.find(newcomers_.front().who);
        if (connection != nullptr && !connection->socket.has_spoken()) {
            erase(newcomers_.front().who);
        }
        newcomers_.pop_front();
    }
}

// Who takes anything at all is slow, and may be.
void StreamServer::cut_standing(base::MonoTime now) {
    for (std::size_t left = slow_.size(); left > 0 && slow_.front().until <= now; --left) {
        Slow slow = slow_.front();
        slow_.pop_front();
        Connection* connection = connections_.find(slow.who);
        if (connection == nullptr) {
            continue;
        }
        connection->is_watched = connection->socket.has_unsent();
        if (!connection->is_watched) {
            continue;
        }
        if (connection->socket.written() == slow.written) {
            connection->is_faulty = true;
            make_ready(slow.who, *connection);
            continue;
        }
        slow_.push_back({slow.who, now + options_.standstill, connection->socket.written()});
    }
}

void StreamServer::erase(Handle handle) {
    if (Connection* connection = connections_.find(handle)) {
        count(*connection, 0);
        begun_ -= connection->begun;
        connections_.erase(handle);
    }
}

void StreamServer::make_ready(Handle handle, Connection& connection) {
    if (!std::exchange(connection.is_ready, true)) {
        ready_.push_back(handle);
    }
}

// ---- messages ----

ReceiveStatus StreamServer::receive(std::string& routing_id, Frames& frames) {
    while (!ready_.empty()) {
        const Handle handle = ready_.front();
        ready_.pop_front();
        Connection* connection = connections_.find(handle);
        if (connection == nullptr) {
            continue;
        }
        const std::size_t piece = std::max(kScratchBytes / (ready_.size() + 1), kPieceBytesMin);
        const ReceiveStatus status =
            connection->is_faulty ? ReceiveStatus::Closed
                                  : connection->socket.receive({scratch_.data(), piece}, frames);
        count_begun(*connection);
        write_id(handle.number(), routing_id);
        number_ = connection->number;
        switch (status) {
            case ReceiveStatus::Received: ready_.push_back(handle); return status;
            case ReceiveStatus::TooLarge:
                connection->is_faulty = true;
                ready_.push_back(handle);
                return status;
            case ReceiveStatus::Closed: {
                const bool was_known = connection->socket.has_spoken();
                erase(handle);
                if (was_known) {
                    return status;
                }
                break;
            }
            case ReceiveStatus::Nothing:
                if (connection->is_faulty) {  // it was cut just now, and closes next
                    ready_.push_back(handle);
                } else {
                    connection->is_ready = false;
                }
                break;
        }
    }
    frames.clear();
    return ReceiveStatus::Nothing;
}

void StreamServer::count_begun(Connection& connection) {
    const std::size_t begun = connection.is_faulty ? 0 : connection.socket.begun_bytes();
    const std::uint64_t ended = connection.socket.ended();
    if (begun > 0 && (connection.begun == 0 || connection.ended != ended)) {
        connection.beginning = ++beginnings_;
        connection.ended = ended;
    }
    begun_ += begun;
    begun_ -= connection.begun;
    connection.begun = begun;
    if (begun_ > options_.unfinished_bytes_max) {
        cut_begun();
    }
}

// Who has begun last may well end.
void StreamServer::cut_begun() {
    std::vector<std::pair<std::uint64_t, Handle>> begun;
    for (std::uint32_t slot = 0; slot < connections_.slots(); ++slot) {
        const Handle handle = connections_.handle_at(slot);
        const Connection* const connection = connections_.find(handle);
        if (connection != nullptr && connection->begun > 0) {
            begun.emplace_back(connection->beginning, handle);
        }
    }
    std::ranges::sort(begun, {}, [](const auto& one) { return one.first; });
    for (const auto& [beginning, handle] : begun) {
        if (begun_ <= options_.unfinished_bytes_max) {
            return;
        }
        Connection& connection = connections_.at(handle);
        cuts_.push_back({name_of(connection.socket.fd()), connection.begun, true});
        begun_ -= std::exchange(connection.begun, 0);
        connection.is_faulty = true;
        make_ready(handle, connection);
    }
}

SendStatus StreamServer::send(std::string_view routing_id, const Frames& frames) {
    const Handle handle = connections_.handle_of(read_id(routing_id));
    Connection* connection = connections_.find(handle);
    if (connection == nullptr) {
        return SendStatus::Unroutable;
    }
    const SendStatus status =
        has_room(*connection, frames) ? connection->socket.send(frames) : SendStatus::WouldBlock;
    update_writing(handle, *connection);
    return status == SendStatus::Closed ? SendStatus::Unroutable : status;
}

// While the total is empty nobody has anything unsent.
bool StreamServer::has_room(const Connection& connection, const Frames& frames) const {
    if (options_.unsent == nullptr || options_.unsent->bytes() == 0) {
        return true;
    }
    std::size_t bytes = 0;
    for (const base::Blob& frame : frames) {
        bytes += frame.size();
    }
    return options_.unsent->has_room(connection.socket.unsent_bytes(), bytes);
}

void StreamServer::cut(std::string_view routing_id) {
    erase(connections_.handle_of(read_id(routing_id)));
}

void StreamServer::count(Connection& connection, std::size_t unsent) const {
    if (options_.unsent != nullptr && unsent != connection.counted) {
        options_.unsent->add(unsent);
        options_.unsent->remove(connection.counted);
    }
    connection.counted = unsent;
}

void StreamServer::update_writing(Handle handle, Connection& connection) {
    const bool waits = connection.socket.has_unsent() && !connection.socket.is_cut();
    count(connection, connection.socket.unsent_bytes());
    if (waits && !connection.is_watched) {
        connection.is_watched = true;
        slow_.push_back({handle, now_ + options_.standstill, connection.socket.written()});
    }
    if (waits != connection.waits_to_write) {
        connection.waits_to_write = watch(EPOLL_CTL_MOD,
                                          connection.socket.fd(),
                                          handle,
                                          waits ? EPOLLIN | EPOLLOUT : EPOLLIN) &&
                                    waits;
    }
}

}  // namespace steward::net
