#include "broker/app/zmq_transport.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "common/posix/clock.hpp"

namespace steward::app {

SendStatus translated(net::SendStatus status) {
    switch (status) {
        case net::SendStatus::Sent: return SendStatus::Sent;
        case net::SendStatus::WouldBlock: return SendStatus::WouldBlock;
        case net::SendStatus::Unroutable:
        case net::SendStatus::Closed: return SendStatus::Unroutable;
    }
    return SendStatus::Unroutable;
}

std::string_view peers_of(Side side) {
    return side == Side::Frontend ? "clients" : "workers";
}

namespace {

// A process grows and shrinks by as much as some dozens of mebibytes for whatever reasons.
constexpr std::size_t kSuspectedBytesMin = 128UL << 20U;

// Around the text of a topic.
constexpr std::size_t kSubscriptionFraming = 64;

// How long the loop stands still at most.
constexpr base::Duration kReopenMax = std::chrono::seconds(1);

// Readers share what is sent, so there is one account for all of them.
std::shared_ptr<net::UnsentAccount> account_of_news(const net::SocketOptions& options) {
    return std::make_shared<net::UnsentAccount>(std::make_shared<net::UnsentTotal>(options.unsent));
}

// Of each side.
net::UnfinishedBounds unfinished_bounds(const net::SocketOptions& options) {
    return {options.bound.bytes_max,
            options.unfinished_bytes_max,
            std::max(options.unfinished_bytes_max, kSuspectedBytesMin)};
}

// As if each of the topics there may be came from one reader; of all readers as much.
net::UnfinishedBounds subscription_bounds(const net::SocketOptions& options) {
    const std::size_t bytes =
        options.topics_max * (net::kSubscriptionBytesMax + kSubscriptionFraming);
    return {bytes, bytes, options.news_bytes_max};
}

base::Expected<std::string> listen_at(net::Socket& socket,
                                      const std::string& endpoint,
                                      const std::string& setting) {
    auto bound = socket.bind(endpoint);
    if (!bound) {
        bound.error().message += "; the settings are broker." + setting +
                                 " and broker.bind, an address or interface of this machine";
    }
    return bound;
}

}  // namespace

ZmqTransport::ZmqTransport(net::Socket frontend,
                           net::Socket backend,
                           net::Socket news,
                           const net::SocketOptions& options)
    : frontend_(std::move(frontend)),
      backend_(std::move(backend)),
      news_(std::move(news)),
      options_(options),
      unsent_(std::make_shared<net::UnsentTotal>(options.unsent)),
      accounts_{net::UnsentAccounts(unsent_), net::UnsentAccounts(unsent_)},
      news_unsent_(account_of_news(options)) {}

base::Expected<std::unique_ptr<ZmqTransport>> ZmqTransport::open(
    net::Context& context, const Endpoints& wished, const net::SocketOptions& options) {
    auto frontend = net::make_router(context, options);
    auto backend = net::make_router(context, options);
    auto news = net::make_publisher(context, options);
    for (const auto* socket : {&frontend, &backend, &news}) {
        if (!*socket) {
            return base::Unexpected(socket->error());
        }
    }
    std::unique_ptr<ZmqTransport> transport(
        new ZmqTransport(std::move(*frontend), std::move(*backend), std::move(*news), options));
    for (net::Socket* socket : {&transport->frontend_, &transport->backend_}) {
        auto guard = net::MessageGuard::open(context, *socket, unfinished_bounds(options));
        if (!guard) {
            return base::Unexpected(std::move(guard.error()));
        }
        transport->guards_.push_back(std::move(*guard));
    }
    if (auto guarded = transport->guard_news(context); !guarded) {
        return base::Unexpected(std::move(guarded.error()));
    }
    auto clients = listen_at(transport->frontend_, wished.clients, "client_port");
    auto workers = listen_at(transport->backend_, wished.workers, "worker_port");
    auto news_at = listen_at(transport->news_, wished.news, "news_port");
    for (const auto* bound : {&clients, &workers, &news_at}) {
        if (!*bound) {
            return base::Unexpected(bound->error());
        }
    }
    transport->endpoints_ = {*clients, *workers, *news_at};
    return transport;
}

net::Socket& ZmqTransport::socket_of(Side side) {
    return side == Side::Frontend ? frontend_ : backend_;
}

SendStatus ZmqTransport::send(Side side, std::string_view routing_id, Frames& frames) {
    net::UnsentAccounts& accounts = accounts_[static_cast<std::size_t>(side)];
    return translated(socket_of(side).send_to(routing_id, frames, accounts));
}

void ZmqTransport::publish(std::string_view topic, std::string_view body) {
    news_.send_pair(topic, body, news_unsent_);
}

std::string_view ZmqTransport::news_overflow() const {
    if (news_unsent_->bytes() > options_.news_bytes_max) {
        return "readers of news who do not read: limits.news_backlog_bytes_max";
    }
    if (subscriptions_.topics() > options_.topics_max) {
        return "readers of news asked for too many topics: limits.news_topics_max";
    }
    return {};
}

net::ReceiveStatus ZmqTransport::receive(Side side,
                                         std::string& routing_id,
                                         Frames& frames,
                                         std::uint32_t& number) {
    number = 0;
    net::MessageGuard& guard = guards_[static_cast<std::size_t>(side)];
    const net::OriginWish wish{options_.curve.has_value(), guard.is_asking()};
    if (!wish.any()) {
        return socket_of(side).receive_from(routing_id, frames);
    }
    net::Origin origin;
    const auto status = socket_of(side).receive_from(routing_id, frames, wish, origin);
    number = origin.number;
    if (wish.fd) {
        guard.received(status, origin.fd);
    }
    return status;
}

base::Expected<void> ZmqTransport::guard_news(net::Context& context) {
    auto guard = net::MessageGuard::open(context, news_, subscription_bounds(options_));
    if (!guard) {
        return base::Unexpected(std::move(guard.error()));
    }
    news_guard_.emplace(std::move(*guard));
    return {};
}

std::vector<UnfinishedCut> ZmqTransport::cut_the_unfinished(base::MonoTime now) {
    std::vector<UnfinishedCut> cuts;
    for (const Side side : {Side::Frontend, Side::Backend}) {
        for (net::UnfinishedCut& cut : guards_[static_cast<std::size_t>(side)].look(now)) {
            const std::string_view limit =
                cut.is_total ? "limits.backlog_bytes_max" : "limits.message_bytes_max";
            cuts.push_back({peers_of(side), limit, std::move(cut)});
        }
    }
    if (news_guard_) {
        news_guard_->drained();
        for (net::UnfinishedCut& cut : news_guard_->look(now)) {
            cuts.push_back({"readers of news", "limits.news_topics_max", std::move(cut)});
        }
    }
    return cuts;
}

base::MonoTime ZmqTransport::next_look() const {
    const base::MonoTime of_sides =
        std::min(guards_.front().next_look(), guards_.back().next_look());
    return news_guard_ ? std::min(of_sides, news_guard_->next_look()) : of_sides;
}

// ZeroMQ gives the address free a moment after it was told to.
base::Expected<void> ZmqTransport::reopen_news(net::Context& context) {
    auto fresh = net::make_publisher(context, options_);
    if (!fresh) {
        return base::Unexpected(fresh.error());
    }
    news_guard_.reset();
    { const net::Socket old = std::exchange(news_, std::move(*fresh)); }
    if (auto guarded = guard_news(context); !guarded) {
        return guarded;
    }
    subscriptions_ = {};
    news_unsent_ = account_of_news(options_);  // the old one's bytes go when ZeroMQ lets go
    const base::MonoTime until = posix::read_mono() + kReopenMax;
    while (true) {
        auto bound = listen_at(news_, endpoints_.news, "news_port");
        if (bound || posix::read_mono() >= until) {
            return bound ? base::Expected<void>() : base::Unexpected(bound.error());
        }
        std::this_thread::yield();
    }
}

void ZmqTransport::set_bounds(const net::SocketOptions& options) {
    options_.unsent = options.unsent;
    options_.news_bytes_max = options.news_bytes_max;
    options_.topics_max = options.topics_max;
    unsent_->set_bounds(options.unsent);
    options_.unfinished_bytes_max = options.unfinished_bytes_max;
    for (net::MessageGuard& guard : guards_) {
        guard.set_bounds(unfinished_bounds(options_));
    }
    if (news_guard_) {
        news_guard_->set_bounds(subscription_bounds(options_));
    }
}

ZmqTransport::Slots ZmqTransport::add_to(net::Poller& poller) const {
    return {poller.add(frontend_), poller.add(backend_), poller.add(news_)};
}

}  // namespace steward::app
