// broker/app: the socket on which the news are published, and what its readers may cost. ZeroMQ's,
// whoever serves clients and workers. Knows no news: topics and bodies out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/app/transport_parts.hpp"
#include "common/base/expected.hpp"
#include "common/net/message_guard.hpp"
#include "common/net/poller.hpp"
#include "common/net/roles.hpp"
#include "common/net/subscriptions.hpp"

namespace steward::app {

/// Thread: the loop's.
class NewsSocket {
public:
    /// Errors: Io, naming the address and the setting that would change it.
    [[nodiscard]] static base::Expected<std::unique_ptr<NewsSocket>> open(
        net::Context& context, const std::string& endpoint, const net::SocketOptions& options);

    void publish(std::string_view topic, std::string_view body) {
        socket_.send_pair(topic, body, unsent_);
    }

    [[nodiscard]] bool has_subscribers() const { return subscriptions_.any(); }

    [[nodiscard]] Transport::Topics topics() const {
        return {subscriptions_.topics(), options_.topics_max};
    }

    /// Learns who began or ended to read the news. Call it every few turns.
    void update_subscriptions() { subscriptions_.update(socket_); }

    /// Why the socket should be opened anew; empty: it should not. Readers who do not read, or who
    /// ask for ever more topics, take memory that ZeroMQ gives back no other way.
    [[nodiscard]] std::string_view overflow() const;
    /// Closes it and opens it anew under the same address: who reads the news connects again by
    /// itself, and must be allowed to. Errors: Io.
    [[nodiscard]] base::Expected<void> reopen(net::Context& context);

    /// Ends connections whose message never ends (net::MessageGuard). Readers say nothing but what
    /// they want to read: of theirs all counts as one message. Once a turn.
    void cut_the_unfinished(base::MonoTime now, std::vector<UnfinishedCut>& cuts);

    /// When that has something to do next.
    [[nodiscard]] base::MonoTime next_look() const {
        return guard_ ? guard_->next_look() : base::MonoTime::max();
    }

    /// Takes over what may wait in memory from `options`, and nothing else.
    void set_bounds(const net::SocketOptions& options);

    /// Readable: update_subscriptions() has something to learn.
    [[nodiscard]] net::Poller::Slot add_to(net::Poller& poller) const {
        return poller.add(socket_);
    }

    [[nodiscard]] const std::string& endpoint() const { return endpoint_; }

private:
    NewsSocket(net::Socket socket, const net::SocketOptions& options);
    [[nodiscard]] base::Expected<void> guard(net::Context& context);
    [[nodiscard]] base::Expected<void> listen(const std::string& endpoint);

    net::Socket socket_;
    std::optional<net::MessageGuard>
        guard_;  // ends before the socket; none: it could not be reopened
    net::Subscriptions subscriptions_;
    std::string endpoint_;
    net::SocketOptions options_;
    std::shared_ptr<net::UnsentAccount> unsent_;
};

}  // namespace steward::app
