#include "common/net/stream_server.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utility>

#include "common/net/stream_format.hpp"
#include "common/net/tcp_address.hpp"
#include "common/net/zmtp_format.hpp"
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

// Those who are due are looked for together, so that a thousand do not wake the loop one by one.
constexpr base::Duration kPingGrid = std::chrono::seconds(1);

// What the system tells of a listener by, where it tells of connections by their handles' numbers:
// the last slots there can be, in their first generation.
std::uint64_t tag_of_listener(std::size_t place) {
    return UINT32_MAX - place;
}

std::unique_ptr<Framing> framing_of(StreamKind kind, MessageBound bound) {
    if (kind == StreamKind::Zmtp) {
        return std::make_unique<ZmtpFraming>(bound);
    }
    return std::make_unique<StreamFraming>(bound, StreamFraming::End::Accepting);
}

base::MonoTime on_grid(base::MonoTime time) {
    return time + kPingGrid - time.time_since_epoch() % kPingGrid;
}

// Two small frames find room in any new socket.
void turn_away(posix::UniqueFd fd, MessageBound bound) {
    StreamSocket socket(std::move(fd), framing_of(StreamKind::Native, bound));
    static_cast<void>(socket.send(
        {base::Blob::copy(kStreamRefusal),
         base::Blob::copy("the broker asks for a key, and this user of its machine is none of "
                          "its clients; make a key with `steward keygen`")}));
}

// The process at the other end: a local stream has no address.
std::string name_of(int fd, StreamKind kind) {
    if (kind == StreamKind::Zmtp) {
        return tcp_peer_of(fd);
    }
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

StreamServer::StreamServer(std::vector<StreamListener> listeners,
                           posix::UniqueFd epoll,
                           const StreamServerOptions& options)
    : listeners_(std::move(listeners)),
      epoll_(std::move(epoll)),
      options_(options),
      scratch_(kScratchBytes) {}

base::Expected<std::unique_ptr<StreamServer>> StreamServer::open(
    std::vector<StreamListener> listeners, const StreamServerOptions& options) {
    posix::UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll.is_open()) {
        return posix::io_error("cannot watch connections", errno);
    }
    std::unique_ptr<StreamServer> server(
        new StreamServer(std::move(listeners), std::move(epoll), options));
    for (std::size_t i = 0; i < server->listeners_.size(); ++i) {
        if (!server->watch(
                EPOLL_CTL_ADD, server->listeners_[i].fd.get(), tag_of_listener(i), EPOLLIN)) {
            return posix::io_error("cannot watch connections", errno);
        }
    }
    return server;
}

bool StreamServer::watch(int operation, int fd, std::uint64_t tag, std::uint32_t events) const {
    epoll_event event{};
    event.events = events;
    event.data.u64 = tag;
    return ::epoll_ctl(epoll_.get(), operation, fd, &event) == 0;
}

void StreamServer::watch_listeners(std::uint32_t events) const {
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
        static_cast<void>(watch(EPOLL_CTL_MOD, listeners_[i].fd.get(), tag_of_listener(i), events));
    }
}

// ---- who comes ----

void StreamServer::look(base::MonoTime now) {
    now_ = now;
    turn_away_silent(now);
    cut_standing(now);
    ping_due(now);
    if (rests_until_ && now >= *rests_until_) {
        rests_until_.reset();
        watch_listeners(EPOLLIN);
    }
    // The system fills in those it tells of. NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
    std::array<epoll_event, kEventsPerLook> events;
    const int count = ::epoll_wait(epoll_.get(), events.data(), kEventsPerLook, 0);
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        const std::uint64_t place = tag_of_listener(0) - event.data.u64;
        if (place < listeners_.size()) {
            accept_all(listeners_[place], now);
            continue;
        }
        const Handle handle = connections_.handle_of(event.data.u64);
        if (Connection* const connection = connections_.find(handle)) {
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

void StreamServer::accept_all(const StreamListener& listener, base::MonoTime now) {
    for (int i = 0; i < kAcceptedPerLook; ++i) {
        posix::UniqueFd fd(
            ::accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!fd.is_open()) {
            if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
                rest(now);
            }
            return;
        }
        if (connections_.size() >= options_.connections_max) {
            ++unaccepted_.beyond_max;
            continue;  // closes it
        }
        if (fd.get() >= options_.descriptors_max) {
            rest(now);
            return;
        }
        const auto who = admitted(listener, fd.get());
        if (!who) {
            turn_away(std::move(fd), options_.bound);
            continue;
        }
        const int number = fd.get();
        const Handle handle = connections_.emplace(
            StreamSocket(std::move(fd), framing_of(listener.kind, options_.bound)),
            listener.kind,
            *who);
        if (!watch(EPOLL_CTL_ADD, number, handle.number(), EPOLLIN)) {
            erase(handle);
            rest(now);
            return;
        }
        newcomers_.push_back({handle, now + options_.handshake});
    }
}

// The system vouches for the user who has connected.
std::optional<std::uint32_t> StreamServer::admitted(const StreamListener& listener, int fd) const {
    if (!options_.admit || listener.kind != StreamKind::Native) {
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
    ++unaccepted_.rests;
    rests_until_ = now + kRest;
    watch_listeners(0);
}

void StreamServer::turn_away_silent(base::MonoTime now) {
    while (!newcomers_.empty() && newcomers_.front().until <= now) {
        const Connection* connection = connections_.find(newcomers_.front().who);
        if (connection != nullptr && !connection->socket.is_introduced()) {
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

// Any bytes are a sign of life. Who has not read what was sent before cannot answer, and nobody can
// whom this process has not asked in time: it may have stood still itself.
void StreamServer::ping_due(base::MonoTime now) {
    while (!pinged_.empty() && pinged_.front().due <= now) {
        Pinged pinged = pinged_.front();
        pinged_.pop_front();
        Connection* const connection = connections_.find(pinged.who);
        if (connection == nullptr) {
            continue;
        }
        StreamSocket& socket = connection->socket;
        const bool is_late = now - pinged.due > options_.ping;
        if (socket.taken_in() != pinged.taken_in || socket.has_unsent() || is_late) {
            pinged.taken_in = socket.taken_in();
            pinged.heard = now;
        } else if (now - pinged.heard >= options_.silence) {
            connection->is_faulty = true;
            make_ready(pinged.who, *connection);
            continue;
        }
        if (!socket.has_unsent()) {
            socket.ping(options_.silence);
            update_writing(pinged.who, *connection);
        }
        pinged.due = on_grid(now + options_.ping);
        pinged_.push_back(pinged);
    }
}

base::MonoTime StreamServer::next_look() const {
    return pinged_.empty() ? base::MonoTime::max() : pinged_.front().due;
}

void StreamServer::erase(Handle handle) {
    if (Connection* connection = connections_.find(handle)) {
        const auto named = names_.find(connection->socket.name());
        if (named != names_.end() && named->second == handle) {
            names_.erase(named);
        }
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

void StreamServer::go_on_in_row(Handle handle, Connection& connection) {
    if (++connection.row < kRow && connection.socket.has_read()) {
        ready_.push_front(handle);
    } else {
        connection.row = 0;
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
        note_introduced(handle, *connection);
        if (connection->socket.has_unsent()) {  // an answer of the format's own
            update_writing(handle, *connection);
        }
        write_id(handle, *connection, routing_id);
        number_ = connection->number;
        switch (status) {
            case ReceiveStatus::Received: go_on_in_row(handle, *connection); return status;
            case ReceiveStatus::TooLarge:
                connection->is_faulty = true;
                ready_.push_back(handle);
                return status;
            case ReceiveStatus::Closed: {
                const bool is_told =
                    connection->socket.ended() > 0 && connection->socket.name().empty();
                erase(handle);
                if (is_told) {
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

void StreamServer::note_introduced(Handle handle, Connection& connection) {
    if (connection.is_known || !connection.socket.is_introduced()) {
        return;
    }
    connection.is_known = true;
    if (connection.kind == StreamKind::Zmtp) {
        pinged_.push_back({handle, on_grid(now_ + options_.ping), now_, 0});
    }
    if (const std::string_view name = connection.socket.name(); !name.empty()) {
        take_over(name, handle);
    }
}

// What the one before had said is heard to its end.
void StreamServer::take_over(std::string_view name, Handle handle) {
    const auto [at, is_new] = names_.try_emplace(std::string(name), handle);
    if (is_new) {
        return;
    }
    const Handle before = std::exchange(at->second, handle);
    Connection& connection = connections_.at(before);
    ::shutdown(connection.socket.fd(), SHUT_RD);
    make_ready(before, connection);
}

void StreamServer::write_id(Handle handle,
                            const Connection& connection,
                            std::string& routing_id) const {
    if (const std::string_view name = connection.socket.name(); !name.empty()) {
        routing_id = name;
        return;
    }
    routing_id.assign(kGivenNameBytes, '\0');
    std::uint64_t number = handle.number();
    for (std::size_t i = kGivenNameBytes; i-- > 1; number >>= 8U) {
        routing_id[i] = static_cast<char>(number);
    }
}

StreamServer::Handle StreamServer::find(std::string_view routing_id) const {
    if (is_given_name(routing_id)) {
        return connections_.handle_of(read_id(routing_id));
    }
    const auto named = names_.find(routing_id);
    return named == names_.end() ? Handle{} : named->second;
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
        cuts_.push_back({name_of(connection.socket.fd(), connection.kind), connection.begun, true});
        begun_ -= std::exchange(connection.begun, 0);
        connection.is_faulty = true;
        make_ready(handle, connection);
    }
}

SendStatus StreamServer::send(std::string_view routing_id, const Frames& frames) {
    const Handle handle = find(routing_id);
    Connection* connection = connections_.find(handle);
    if (connection == nullptr) {
        return SendStatus::Unroutable;
    }
    StreamSocket& socket = connection->socket;
    const bool had_gathered = socket.has_gathered();
    SendStatus status = SendStatus::WouldBlock;
    if (has_room(*connection, frames)) {
        status = connection->kind == StreamKind::Zmtp ? socket.gather(frames) : socket.send(frames);
    }
    if (socket.has_gathered() && !had_gathered) {
        gathered_.push_back(handle);
    }
    update_writing(handle, *connection);
    return status == SendStatus::Closed ? SendStatus::Unroutable : status;
}

void StreamServer::flush() {
    for (const Handle handle : gathered_) {
        if (Connection* const connection = connections_.find(handle)) {
            connection->socket.flush();
            update_writing(handle, *connection);
        }
    }
    gathered_.clear();
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
    erase(find(routing_id));
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
                                          handle.number(),
                                          waits ? EPOLLIN | EPOLLOUT : EPOLLIN) &&
                                    waits;
    }
}

}  // namespace steward::net
