#include "client/news.hpp"

#include <algorithm>
#include <utility>

#include "common/net/context.hpp"
#include "common/net/endpoint.hpp"
#include "common/net/monitor.hpp"
#include "common/net/poller.hpp"
#include "common/net/roles.hpp"
#include "common/posix/clock.hpp"
#include "common/wire/params.hpp"

namespace steward::client {

namespace {

constexpr int kUnreadMax = 10'000;

// Two frames: the topic and the event.
std::optional<nlohmann::json> event_of(const net::Frames& frames) {
    if (frames.size() != 2) {
        return std::nullopt;
    }
    auto event = wire::decode_params({model::Encoding::Json, frames[1]});
    return event && event->is_object() ? std::optional(std::move(*event)) : std::nullopt;
}

}  // namespace

struct News::Inner {
    Inner(net::Context context_made, net::Socket socket_made)
        : context(std::move(context_made)), socket(std::move(socket_made)) {}

    net::ReceiveStatus receive() { return socket.receive(frames); }

    net::Context context;
    net::Socket socket;
    std::optional<net::Monitor> monitor;  // always set; ends before the socket
    net::Frames frames;
};

base::Expected<News> News::open(const std::vector<std::string>& endpoints,
                                const std::vector<std::string>& topics) {
    auto context = net::Context::open();
    if (!context) {
        return base::Unexpected(std::move(context.error()));
    }
    net::SocketOptions options;
    options.receive_queue_max = kUnreadMax;
    auto socket = net::make_subscriber(
        *context, options, topics.empty() ? std::vector<std::string>{""} : topics);
    if (!socket) {
        return base::Unexpected(std::move(socket.error()));
    }
    auto inner = std::make_unique<Inner>(std::move(*context), std::move(*socket));
    auto monitor = net::Monitor::open(inner->context, inner->socket);
    if (!monitor) {
        return base::Unexpected(std::move(monitor.error()));
    }
    inner->monitor.emplace(std::move(*monitor));
    for (const std::string& text : endpoints) {
        auto connected = net::parse_endpoint(text).and_then(
            [&](const std::string& endpoint) { return inner->socket.connect(endpoint); });
        if (!connected) {
            return base::Unexpected(std::move(connected.error()));
        }
    }
    return News(std::move(inner));
}

News::News(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}

News::~News() = default;
News::News(News&&) noexcept = default;

base::Expected<std::optional<nlohmann::json>> News::next(base::Duration timeout, int also) {
    net::Poller poller;
    poller.add(inner_->socket);
    poller.add(inner_->monitor->socket());
    const net::Poller::Slot other = also >= 0 ? poller.add(also) : 0;
    const base::MonoTime until = posix::read_mono() + timeout;
    while (true) {
        while (inner_->monitor->next()) {
        }
        for (auto status = inner_->receive(); status != net::ReceiveStatus::Nothing;
             status = inner_->receive()) {
            if (status == net::ReceiveStatus::Closed) {
                return base::fail(base::Errc::Io, "the news socket is closed");
            }
            if (auto event = event_of(inner_->frames)) {
                return event;
            }
        }
        const base::MonoTime now = posix::read_mono();
        if (now >= until || (also >= 0 && poller.is_readable(other))) {
            return std::optional<nlohmann::json>();
        }
        if (auto waited = poller.wait_until(until, now); !waited) {
            return base::Unexpected(std::move(waited.error()));
        }
    }
}

bool News::is_connected() const {
    return inner_->monitor->is_connected();
}

}  // namespace steward::client
