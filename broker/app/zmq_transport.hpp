// broker/app: the broker's three ZeroMQ sockets as a Transport, and what comes in through them.
// Knows no dialects: frames in, frames out.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/app/transport.hpp"
#include "common/base/expected.hpp"
#include "common/net/message_guard.hpp"
#include "common/net/poller.hpp"
#include "common/net/roles.hpp"
#include "common/net/subscriptions.hpp"

namespace steward::app {

[[nodiscard]] SendStatus translated(net::SendStatus status);

/// Of whom a connection was ended because a message did not end.
struct UnfinishedCut {
    std::string_view whose;  // "clients", "workers", "readers of news"
    std::string_view limit;  // the setting; both are literals
    net::UnfinishedCut what;
};

/// The name of a side's peers.
[[nodiscard]] std::string_view peers_of(Side side);

/// The three addresses, as ZeroMQ writes them; wished for, or really bound.
struct Endpoints {
    std::string clients;
    std::string workers;
    std::string news;
};

/// Thread: the loop's.
class ZmqTransport final : public Transport {
public:
    /// Binds all three; `options` also has what may wait in memory for peers, and what for readers
    /// of news. Errors: Io, naming the address and the setting that would change it.
    [[nodiscard]] static base::Expected<std::unique_ptr<ZmqTransport>> open(
        net::Context& context, const Endpoints& wished, const net::SocketOptions& options);

    SendStatus send(Side side, std::string_view routing_id, Frames& frames) override;
    void publish(std::string_view topic, std::string_view body) override;

    [[nodiscard]] std::size_t unsent_bytes() const override { return unsent_->bytes(); }

    [[nodiscard]] bool has_subscribers() const override { return subscriptions_.any(); }

    [[nodiscard]] Topics news_topics() const override {
        return {subscriptions_.topics(), options_.topics_max};
    }

    /// What waits for peers, but for readers of news: others may count in it as well.
    [[nodiscard]] const std::shared_ptr<net::UnsentTotal>& unsent() const { return unsent_; }

    /// Why the news should be opened anew; empty: they should not. Readers who do not read, or who
    /// ask for ever more topics, take memory that ZeroMQ gives back no other way.
    [[nodiscard]] std::string_view news_overflow() const;

    /// The next message of one side, without waiting; see net::Socket::receive_from().
    /// `number`: what the keys' handler gave this connection; 0: none.
    [[nodiscard]] net::ReceiveStatus receive(Side side,
                                             std::string& routing_id,
                                             Frames& frames,
                                             std::uint32_t& number);

    /// There is nothing to receive until the poller says so; see net::Socket::is_quiet(). While the
    /// guard asks it must hear that there is nothing.
    [[nodiscard]] bool is_quiet(Side side) const {
        return (side == Side::Frontend ? frontend_ : backend_).is_quiet() &&
               !guards_[static_cast<std::size_t>(side)].is_asking();
    }

    /// To be looked at all the same: nobody waited for this side.
    void wake(Side side) { socket_of(side).wake(); }

    /// Ends connections whose message never ends (net::MessageGuard), and says which. Readers of
    /// news say nothing but what they want to read: of theirs all counts as one message. Once a
    /// turn.
    [[nodiscard]] std::vector<UnfinishedCut> cut_the_unfinished(base::MonoTime now);
    /// When that has something to do next.
    [[nodiscard]] base::MonoTime next_look() const;

    /// Closes the news and opens them anew under the same address: who reads them connects again
    /// by itself, and must be allowed to. Errors: Io.
    [[nodiscard]] base::Expected<void> reopen_news(net::Context& context);

    /// Learns who began or ended to read the news. Call it every few turns.
    void update_subscriptions() { subscriptions_.update(news_); }

    /// Takes over what may wait in memory from `options`, and nothing else.
    void set_bounds(const net::SocketOptions& options);

    struct Slots {
        net::Poller::Slot clients = 0;
        net::Poller::Slot workers = 0;
        net::Poller::Slot news = 0;  // readable: update_subscriptions() has something to learn
    };

    Slots add_to(net::Poller& poller) const;

    [[nodiscard]] const Endpoints& endpoints() const { return endpoints_; }

private:
    ZmqTransport(net::Socket frontend,
                 net::Socket backend,
                 net::Socket news,
                 const net::SocketOptions& options);
    [[nodiscard]] net::Socket& socket_of(Side side);
    [[nodiscard]] base::Expected<void> guard_news(net::Context& context);

    net::Socket frontend_;
    net::Socket backend_;
    net::Socket news_;
    std::vector<net::MessageGuard> guards_;        // by side; they end before the sockets
    std::optional<net::MessageGuard> news_guard_;  // likewise
    net::Subscriptions subscriptions_;
    Endpoints endpoints_;
    net::SocketOptions options_;
    std::shared_ptr<net::UnsentTotal> unsent_;
    std::array<net::UnsentAccounts, 2> accounts_;  // by side
    std::shared_ptr<net::UnsentAccount> news_unsent_;
};

}  // namespace steward::app
