// common/net: tells the owner of a connecting socket whether its connection stands.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "common/net/context.hpp"
#include "common/net/socket.hpp"

namespace steward::net {

enum class LinkEvent : std::uint8_t {
    Connected,     // the handshake is done: what is sent now goes to the peer
    Disconnected,  // the connection that stood is gone, and with it what was under way
    Refused,       // a try to connect failed; ZeroMQ tries again if the socket may reconnect
};

/// Watches one socket with one connection. Make it before connect(), end it before the socket.
///
/// Thread: the watched socket's.  Bound: events queue in ZeroMQ, about three for each try.
class Monitor {
public:
    /// Errors: Io.
    [[nodiscard]] static base::Expected<Monitor> open(Context& context, Socket& watched);
    ~Monitor();
    Monitor(Monitor&&) noexcept;
    Monitor& operator=(Monitor&&) = delete;

    /// The next event; nothing when all are told. Blocks: never.
    [[nodiscard]] std::optional<LinkEvent> next();

    [[nodiscard]] bool is_connected() const { return is_connected_; }

    /// The connection's descriptor, which is ZeroMQ's; -1: there is none.
    [[nodiscard]] int fd() const { return fd_; }

    /// Why the other end last turned this one away, for people; empty: it did not, or has said no
    /// more than that it is gone.
    [[nodiscard]] const std::string& refusal() const { return refusal_; }

    /// Readable when next() may have something: for Poller.
    [[nodiscard]] const Socket& socket() const { return events_; }

private:
    Monitor(Socket events, void* watched);

    Socket events_;
    void* watched_;
    bool is_connected_ = false;
    std::string refusal_;
    bool has_keys_ = false;
    int fd_ = -1;
};

}  // namespace steward::net
