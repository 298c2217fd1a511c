#include "broker/app/zmq_routers.hpp"

#include <algorithm>
#include <utility>

namespace steward::app {
namespace {

// A process grows and shrinks by as much as some dozens of mebibytes for whatever reasons.
constexpr std::size_t kSuspectedBytesMin = 128UL << 20U;

// Of each side.
net::UnfinishedBounds unfinished_bounds(const net::SocketOptions& options) {
    return {options.bound.bytes_max,
            options.unfinished_bytes_max,
            std::max(options.unfinished_bytes_max, kSuspectedBytesMin)};
}

}  // namespace

ZmqRouters::ZmqRouters(bool has_keys, std::shared_ptr<net::UnsentTotal> unsent)
    : has_keys_(has_keys),
      accounts_{net::UnsentAccounts(unsent), net::UnsentAccounts(std::move(unsent))} {}

base::Expected<std::unique_ptr<ZmqRouters>> ZmqRouters::open(
    net::Context& context,
    Endpoints& endpoints,
    const net::SocketOptions& options,
    std::shared_ptr<net::UnsentTotal> unsent) {
    std::unique_ptr<ZmqRouters> routers(
        new ZmqRouters(options.curve.has_value(), std::move(unsent)));
    for (const Side side : {Side::Frontend, Side::Backend}) {
        auto socket = net::make_router(context, options);
        if (!socket) {
            return base::Unexpected(std::move(socket.error()));
        }
        auto guard = net::MessageGuard::open(context, *socket, unfinished_bounds(options));
        if (!guard) {
            return base::Unexpected(std::move(guard.error()));
        }
        std::string& endpoint = side == Side::Frontend ? endpoints.clients : endpoints.workers;
        auto bound = socket->bind(endpoint);
        if (!bound) {
            return cannot_listen(std::move(bound.error()), port_setting_of(side));
        }
        endpoint = std::move(*bound);
        routers->sockets_.push_back(std::move(*socket));
        routers->guards_.push_back(std::move(*guard));
    }
    return routers;
}

net::SendStatus ZmqRouters::send(Side side, std::string_view routing_id, Frames& frames) {
    return sockets_[index_of(side)].send_to(routing_id, frames, accounts_[index_of(side)]);
}

net::ReceiveStatus ZmqRouters::receive(Side side,
                                       std::string& routing_id,
                                       Frames& frames,
                                       std::uint32_t& number) {
    number = 0;
    net::Socket& socket = sockets_[index_of(side)];
    net::MessageGuard& guard = guards_[index_of(side)];
    const net::OriginWish wish{has_keys_, guard.is_asking()};
    if (!wish.any()) {
        return socket.receive_from(routing_id, frames);
    }
    net::Origin origin;
    const auto status = socket.receive_from(routing_id, frames, wish, origin);
    number = origin.number;
    if (wish.fd) {
        guard.received(status, origin.fd);
    }
    return status;
}

void ZmqRouters::cut_the_unfinished(base::MonoTime now, std::vector<UnfinishedCut>& cuts) {
    for (const Side side : {Side::Frontend, Side::Backend}) {
        for (net::UnfinishedCut& cut : guards_[index_of(side)].look(now)) {
            const std::string_view limit =
                cut.is_total ? "limits.backlog_bytes_max" : "limits.message_bytes_max";
            cuts.push_back({peers_of(side), limit, std::move(cut)});
        }
    }
}

base::MonoTime ZmqRouters::next_look() const {
    return std::min(guards_.front().next_look(), guards_.back().next_look());
}

void ZmqRouters::set_bounds(const net::SocketOptions& options) {
    for (net::MessageGuard& guard : guards_) {
        guard.set_bounds(unfinished_bounds(options));
    }
}

}  // namespace steward::app
