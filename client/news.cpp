#include "client/news.hpp"

#include <utility>

#include "common/base/assert.hpp"
#include "common/base/bytes.hpp"
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
// A new connection is told all topics at once, and one that finds no room is dropped without a
// word.
constexpr int kUntoldMax = 4 * static_cast<int>(News::kTopicsMax);

// Of a message's second frame.
std::optional<nlohmann::json> event_of(const net::Frames& frames) {
    auto event = wire::decode_params({model::Encoding::Json, frames[1]});
    return event && event->is_object() ? std::optional(std::move(*event)) : std::nullopt;
}

}  // namespace

struct News::Inner {
    Inner(net::Context context_made, net::Socket socket_made)
        : context(std::move(context_made)), socket(std::move(socket_made)) {}

    base::Expected<bool> receive();
    bool follow_connections();
    base::Expected<bool> wait(base::MonoTime until, int also, bool ends_when_connected);

    net::Context context;
    net::Socket socket;
    std::optional<net::Monitor> monitor;  // always set; ends before the socket
    std::uint64_t connections = 0;
    net::Frames frames;
};

// The next message that is there, in `frames`: a topic and an event. False: none is.
base::Expected<bool> News::Inner::receive() {
    while (true) {
        switch (socket.receive(frames)) {
            case net::ReceiveStatus::Received:
                if (frames.size() == 2) {
                    return true;
                }
                break;
            case net::ReceiveStatus::TooLarge: break;
            case net::ReceiveStatus::Nothing: return false;
            case net::ReceiveStatus::Closed:
                return base::fail(base::Errc::Io, "the news socket is closed");
        }
    }
}

// Whether one stands that did not when this was called last.
bool News::Inner::follow_connections() {
    const std::uint64_t before = connections;
    while (const auto event = monitor->next()) {
        connections += *event == net::LinkEvent::Connected ? 1U : 0U;
    }
    return connections != before;
}

// The same, and waits for one. False: the time is over, or `also` is readable, or a connection
// stands anew and that is to end it.
base::Expected<bool> News::Inner::wait(base::MonoTime until, int also, bool ends_when_connected) {
    net::Poller poller;
    poller.add(socket);
    poller.add(monitor->socket());
    const net::Poller::Slot other = also >= 0 ? poller.add(also) : 0;
    while (true) {
        const bool is_over = follow_connections() && ends_when_connected;
        if (!monitor->is_connected() && !monitor->refusal().empty()) {
            return base::fail(base::Errc::KeyRefused, monitor->refusal());
        }
        if (auto received = receive(); !received || *received) {
            return received;
        }
        const base::MonoTime now = posix::read_mono();
        if (is_over || now >= until || (also >= 0 && poller.is_readable(other))) {
            return false;
        }
        if (auto waited = poller.wait_until(until, now); !waited) {
            return base::Unexpected(std::move(waited.error()));
        }
    }
}

base::Expected<News> News::open(const std::vector<std::string>& endpoints,
                                const std::vector<std::string>& topics,
                                const keys::KeyFiles& keys) {
    auto news = open_silent(endpoints, keys);
    if (!news) {
        return news;
    }
    const std::vector<std::string> everything = {""};
    for (const std::string& topic : topics.empty() ? everything : topics) {
        if (auto added = news->add(topic); !added) {
            return base::Unexpected(std::move(added.error()));
        }
    }
    return news;
}

base::Expected<News> News::open_silent(const std::vector<std::string>& endpoints,
                                       const keys::KeyFiles& keys) {
    auto curve = keys::client_keys(keys);
    if (!curve) {
        return base::Unexpected(std::move(curve.error()));
    }
    auto context = net::Context::open();
    if (!context) {
        return base::Unexpected(std::move(context.error()));
    }
    net::SocketOptions options;
    options.receive_queue_max = kUnreadMax;
    options.send_queue_max = kUntoldMax;
    options.curve = std::move(*curve);
    auto socket = net::make_subscriber(*context, options, {});
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

// ZeroMQ is told of a topic's first user and of its last.
base::Expected<void> News::add(const std::string& topic) {
    if (topic.size() > kTopicBytesMax) {
        return base::fail(base::Errc::TooLarge,
                          "a topic of news has at most " + std::to_string(kTopicBytesMax) +
                              " bytes, this one has " + std::to_string(topic.size()));
    }
    const auto found = users_.find(topic);
    if (found != users_.end()) {
        ++found->second;
        return {};
    }
    if (users_.size() >= kTopicsMax) {
        return base::fail(base::Errc::TooManyNames,
                          "news of " + std::to_string(users_.size()) +
                              " topics are read here, as many as allowed");
    }
    return inner_->socket.subscribe(topic).map([&] { users_.emplace(topic, 1); });
}

base::Expected<void> News::remove(const std::string& topic) {
    const auto found = users_.find(topic);
    if (found == users_.end()) {
        return base::fail(base::Errc::UnknownName,
                          "nobody here reads news of \"" + base::printable(topic) + '"');
    }
    if (--found->second != 0) {
        return {};
    }
    users_.erase(found);
    return inner_->socket.unsubscribe(topic);
}

base::Expected<std::optional<nlohmann::json>> News::next(base::Duration timeout, int also) {
    const base::MonoTime until = posix::read_mono() + timeout;
    while (true) {
        auto received = inner_->wait(until, also, false);
        if (!received) {
            return base::Unexpected(std::move(received.error()));
        }
        if (!*received) {
            return std::optional<nlohmann::json>();
        }
        if (auto event = event_of(inner_->frames)) {
            return event;
        }
    }
}

base::Expected<std::vector<RawEvent>> News::next_batch(base::Duration timeout,
                                                       int also,
                                                       std::size_t max) {
    STEWARD_ASSERT(max > 0);
    std::vector<RawEvent> events;
    auto received = inner_->wait(posix::read_mono() + timeout, also, true);
    while (received && *received) {
        events.push_back({std::move(inner_->frames[0]), std::move(inner_->frames[1])});
        if (events.size() == max) {
            return events;
        }
        received = inner_->receive();
    }
    if (!received && events.empty()) {
        return base::Unexpected(std::move(received.error()));
    }
    return events;
}

bool News::is_connected() const {
    return inner_->monitor->is_connected();
}

std::uint64_t News::connections() const {
    return inner_->connections;
}

}  // namespace steward::client
