// broker/app: clients and workers served by libzmq: a ROUTER for each side, with ZeroMQ's threads
// and its CURVE. Knows no dialects: frames in, frames out.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "broker/app/transport_parts.hpp"
#include "common/base/expected.hpp"
#include "common/net/message_guard.hpp"
#include "common/net/poller.hpp"
#include "common/net/roles.hpp"

namespace steward::app {

/// Thread: the loop's.
class ZmqRouters {
public:
    /// Binds both; `endpoints` is what was wished for, and then what was bound. Errors: Io, naming
    /// the address and the setting that would change it.
    [[nodiscard]] static base::Expected<std::unique_ptr<ZmqRouters>> open(
        net::Context& context,
        Endpoints& endpoints,
        const net::SocketOptions& options,
        std::shared_ptr<net::UnsentTotal> unsent);

    [[nodiscard]] net::SendStatus send(Side side, std::string_view routing_id, Frames& frames);

    /// The next message of one side, without waiting; see net::Socket::receive_from().
    /// `number`: what the keys' handler gave this connection; 0: none.
    [[nodiscard]] net::ReceiveStatus receive(Side side,
                                             std::string& routing_id,
                                             Frames& frames,
                                             std::uint32_t& number);

    /// There is nothing to receive until the poller says so; see net::Socket::is_quiet(). While the
    /// guard asks it must hear that there is nothing.
    [[nodiscard]] bool is_quiet(Side side) const {
        return sockets_[index_of(side)].is_quiet() && !guards_[index_of(side)].is_asking();
    }

    /// To be looked at all the same: nobody waited for this side.
    void wake(Side side) { sockets_[index_of(side)].wake(); }

    /// Ends connections whose message never ends (net::MessageGuard), and says which. Once a turn.
    void cut_the_unfinished(base::MonoTime now, std::vector<UnfinishedCut>& cuts);
    /// When that has something to do next.
    [[nodiscard]] base::MonoTime next_look() const;

    /// Takes over what may wait in memory from `options`, and nothing else.
    void set_bounds(const net::SocketOptions& options);

    [[nodiscard]] net::Poller::Slot add_to(net::Poller& poller, Side side) const {
        return poller.add(sockets_[index_of(side)]);
    }

private:
    ZmqRouters(bool has_keys, std::shared_ptr<net::UnsentTotal> unsent);

    [[nodiscard]] static std::size_t index_of(Side side) { return static_cast<std::size_t>(side); }

    bool has_keys_;
    std::vector<net::Socket> sockets_;             // by side
    std::vector<net::MessageGuard> guards_;        // by side; they end before the sockets
    std::array<net::UnsentAccounts, 2> accounts_;  // by side
};

}  // namespace steward::app
