#include "broker/app/news_socket.hpp"

#include <chrono>
#include <thread>
#include <utility>

#include "common/posix/clock.hpp"

namespace steward::app {
namespace {

// Around the text of a topic.
constexpr std::size_t kSubscriptionFraming = 64;

// How long the loop stands still at most.
constexpr base::Duration kReopenMax = std::chrono::seconds(1);

// Readers share what is sent, so there is one account for all of them.
std::shared_ptr<net::UnsentAccount> account_of_news(const net::SocketOptions& options) {
    return std::make_shared<net::UnsentAccount>(std::make_shared<net::UnsentTotal>(options.unsent));
}

// As if each of the topics there may be came from one reader; of all readers as much.
net::UnfinishedBounds subscription_bounds(const net::SocketOptions& options) {
    const std::size_t bytes =
        options.topics_max * (net::kSubscriptionBytesMax + kSubscriptionFraming);
    return {bytes, bytes, options.news_bytes_max};
}

}  // namespace

NewsSocket::NewsSocket(net::Socket socket, const net::SocketOptions& options)
    : socket_(std::move(socket)), options_(options), unsent_(account_of_news(options)) {}

base::Expected<std::unique_ptr<NewsSocket>> NewsSocket::open(net::Context& context,
                                                             const std::string& endpoint,
                                                             const net::SocketOptions& options) {
    auto socket = net::make_publisher(context, options);
    if (!socket) {
        return base::Unexpected(std::move(socket.error()));
    }
    std::unique_ptr<NewsSocket> news(new NewsSocket(std::move(*socket), options));
    if (auto guarded = news->guard(context); !guarded) {
        return base::Unexpected(std::move(guarded.error()));
    }
    if (auto listening = news->listen(endpoint); !listening) {
        return base::Unexpected(std::move(listening.error()));
    }
    return news;
}

base::Expected<void> NewsSocket::guard(net::Context& context) {
    auto guard = net::MessageGuard::open(context, socket_, subscription_bounds(options_));
    if (!guard) {
        return base::Unexpected(std::move(guard.error()));
    }
    guard_.emplace(std::move(*guard));
    return {};
}

base::Expected<void> NewsSocket::listen(const std::string& endpoint) {
    auto bound = socket_.bind(endpoint);
    if (!bound) {
        return cannot_listen(std::move(bound.error()), "news_port");
    }
    endpoint_ = std::move(*bound);
    return {};
}

std::string_view NewsSocket::overflow() const {
    if (unsent_->bytes() > options_.news_bytes_max) {
        return "readers of news who do not read: limits.news_backlog_bytes_max";
    }
    if (subscriptions_.topics() > options_.topics_max) {
        return "readers of news asked for too many topics: limits.news_topics_max";
    }
    return {};
}

// ZeroMQ gives the address free a moment after it was told to.
base::Expected<void> NewsSocket::reopen(net::Context& context) {
    auto fresh = net::make_publisher(context, options_);
    if (!fresh) {
        return base::Unexpected(fresh.error());
    }
    guard_.reset();
    { const net::Socket old = std::exchange(socket_, std::move(*fresh)); }
    if (auto guarded = guard(context); !guarded) {
        return guarded;
    }
    subscriptions_ = {};
    unsent_ = account_of_news(options_);  // the old one's bytes go when ZeroMQ lets go
    const base::MonoTime until = posix::read_mono() + kReopenMax;
    while (true) {
        auto listening = listen(endpoint_);
        if (listening || posix::read_mono() >= until) {
            return listening;
        }
        std::this_thread::yield();
    }
}

void NewsSocket::cut_the_unfinished(base::MonoTime now, std::vector<UnfinishedCut>& cuts) {
    if (!guard_) {
        return;
    }
    guard_->drained();
    for (net::UnfinishedCut& cut : guard_->look(now)) {
        cuts.push_back({"readers of news", "limits.news_topics_max", std::move(cut)});
    }
}

void NewsSocket::set_bounds(const net::SocketOptions& options) {
    options_.unsent = options.unsent;
    options_.news_bytes_max = options.news_bytes_max;
    options_.topics_max = options.topics_max;
    if (guard_) {
        guard_->set_bounds(subscription_bounds(options_));
    }
}

}  // namespace steward::app
