#include "common/net/dealer.hpp"

#include <utility>

#include "common/net/endpoint.hpp"
#include "common/net/tcp_bytes.hpp"

namespace steward::net {

Dealer::Dealer(Socket socket) : socket_(std::move(socket)) {}

base::Expected<std::unique_ptr<Dealer>> Dealer::connect(Context& context,
                                                        const std::string& endpoint,
                                                        const SocketOptions& options) {
    const auto parsed = parse_endpoint(endpoint);
    if (!parsed) {
        return base::Unexpected(parsed.error());
    }
    auto socket = make_dealer(context, options);
    if (!socket) {
        return base::Unexpected(std::move(socket.error()));
    }
    std::unique_ptr<Dealer> dealer(new Dealer(std::move(*socket)));
    auto monitor = Monitor::open(context, dealer->socket_);
    if (!monitor) {
        return base::Unexpected(std::move(monitor.error()));
    }
    dealer->monitor_.emplace(std::move(*monitor));
    if (auto connected = dealer->socket_.connect(*parsed); !connected) {
        return base::Unexpected(std::move(connected.error()));
    }
    return dealer;
}

std::uint64_t Dealer::moved_bytes() const {
    const auto bytes = tcp_bytes(monitor_->fd());
    return bytes ? bytes->received + bytes->delivered : 0;
}

void Dealer::add_to(Poller& poller) {
    messages_ = poller.add(socket_);
    poller.add(monitor_->socket());
}

void Dealer::watch(Poller& poller, bool is_blocked) {
    poller.watch(messages_, true, is_blocked);
}

}  // namespace steward::net
