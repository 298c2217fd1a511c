// common/net: one connection to a broker, for the I/O thread of a client or a worker: a DEALER, and
// whether it stands.
#pragma once

#include <optional>
#include <string>

#include "common/net/monitor.hpp"
#include "common/net/poller.hpp"
#include "common/net/roles.hpp"

namespace steward::net {

/// The I/O thread's turn, in this order:
///   poller.wait_until(deadline); wake.clear(); next_link() until nothing; receive() until Nothing;
///   send() until WouldBlock, then poller.watch(slot, true, true) until it is writable again.
/// An event may be told a little after messages that came with it: nothing is lost by that.
///
/// Thread: one.  Not movable, so that a Poller may hold it.
class Dealer {
public:
    /// Begins to connect. Errors: Io; Malformed for an endpoint that cannot be understood.
    [[nodiscard]] static base::Expected<std::unique_ptr<Dealer>> connect(
        Context& context, const std::string& endpoint, const SocketOptions& options = {});
    Dealer(const Dealer&) = delete;
    Dealer& operator=(const Dealer&) = delete;
    ~Dealer() = default;

    [[nodiscard]] SendStatus send(const Frames& frames) { return socket_.send(frames); }

    [[nodiscard]] ReceiveStatus receive(Frames& frames) { return socket_.receive(frames); }

    [[nodiscard]] std::optional<LinkEvent> next_link() { return monitor_->next(); }

    [[nodiscard]] bool is_connected() const { return monitor_->is_connected(); }

    struct Slots {
        Poller::Slot messages = 0;  // watch(…, writing) this one
        Poller::Slot links = 0;
    };

    Slots add_to(Poller& poller) const;

private:
    explicit Dealer(Socket socket);

    Socket socket_;
    std::optional<Monitor> monitor_;  // always set; ends before socket_
};

}  // namespace steward::net
