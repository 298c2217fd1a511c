// broker/app: everything the broker listens on, as one Transport: the streams that its own loop
// serves, libzmq's ROUTERs in their place, and the news. Knows no dialects: frames in, frames out.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/app/news_socket.hpp"
#include "broker/app/transport_parts.hpp"
#include "broker/app/zmq_routers.hpp"
#include "common/keys/principals.hpp"
#include "common/net/stream_server.hpp"
#include "common/net/zap.hpp"

namespace steward::app {

/// What the broker's own loop serves, libzmq's threads left out.
struct LoopServes {
    bool local_streams = true;  // native peers of this machine
    bool zmtp = true;           // ZeroMQ's peers; with keys libzmq does all the same
};

/// Where messages come in. Each is heard in turn, so that a flood at one does not starve another.
enum class Door : std::uint8_t { WorkerStreams, ClientStreams, Workers, Clients };

inline constexpr std::array kDoors = {
    Door::WorkerStreams, Door::ClientStreams, Door::Workers, Door::Clients};

[[nodiscard]] Side side_of(Door door);

/// What the transport knows of a message's sender.
struct Arrival {
    access::PrincipalId who = access::kAnonymous;
    std::string_view refusal;  // not empty: why it may not be heard
};

/// Thread: the loop's.
class BrokerSockets final : public Transport {
public:
    /// Listens on all of `wished`, and for local streams on the sockets that go with it
    /// (common/net/stream_address.hpp). Errors: Io, naming the address and the setting that would
    /// change it.
    [[nodiscard]] static base::Expected<std::unique_ptr<BrokerSockets>> open(
        net::Context& context,
        const Endpoints& wished,
        const net::SocketOptions& options,
        LoopServes loop,
        const keys::Principals& principals);

    SendStatus send(Side side, std::string_view routing_id, Frames& frames) override;
    void cut(Side side, std::string_view routing_id) override;

    [[nodiscard]] std::size_t unsent_bytes() const override { return unsent_->bytes(); }

    void publish(std::string_view topic, std::string_view body) override;
    [[nodiscard]] bool has_subscribers() const override;
    [[nodiscard]] Topics news_topics() const override;

    /// Sees who is there. Once a turn, before the first receive().
    void look(base::MonoTime now);
    /// The next message, without waiting. Closed: this peer's connection has ended.
    /// `who` is null when the peer's key was removed since it came.
    [[nodiscard]] net::ReceiveStatus receive(Door door,
                                             std::string& routing_id,
                                             Frames& frames,
                                             Arrival& from);

    /// There is nothing behind this door until the poller says so.
    [[nodiscard]] bool is_quiet(Door door) const {
        return (door == Door::Clients || door == Door::Workers) &&
               (routers_ == nullptr || routers_->is_quiet(side_of(door)));
    }

    /// A door that nobody waited at is to be looked behind.
    void wake(Side side) {
        if (routers_ != nullptr) {
            routers_->wake(side);
        }
    }

    /// All of a turn's messages have been sent: what was gathered of them may leave.
    void flush();

    /// Answers for the keys of those who shake hands; what it decided is in refusals().
    void answer_for_keys();

    struct KeyRefusal {
        net::ZapQuestion asked;
        std::optional<access::PrincipalId> who;  // a known key, which may not hear the news
    };

    /// Those turned away since the last call, kRefusalsMax at most.
    [[nodiscard]] std::vector<KeyRefusal> take_refusals();

    /// Once a turn; see there.
    [[nodiscard]] std::vector<UnfinishedCut> cut_the_unfinished(base::MonoTime now);

    /// Who found no place at this side since the last call. libzmq tells of nobody.
    [[nodiscard]] net::StreamServer::Unaccepted take_unaccepted(Side side);

    /// When there is something to look at, though nothing has come in.
    [[nodiscard]] base::MonoTime next_look() const;

    [[nodiscard]] base::Expected<void> reopen_news() { return news_->reopen(context_); }

    [[nodiscard]] std::string_view news_overflow() const { return news_->overflow(); }

    /// What may wait in memory from now on.
    void set_bounds(const net::SocketOptions& options);

    static constexpr std::size_t kRefusalsMax = 64;

    void update_subscriptions() { news_->update_subscriptions(); }

    struct Slots {
        net::Poller::Slot news = 0;
        std::vector<net::Poller::Slot> clients;
    };

    [[nodiscard]] Slots add_to(net::Poller& poller) const;

    [[nodiscard]] const Endpoints& endpoints() const { return endpoints_; }

    /// Whether native peers on this machine are served over streams.
    [[nodiscard]] bool has_local_streams() const { return has_local_streams_; }

    /// Whether ZeroMQ's peers are served by the broker's own loop.
    [[nodiscard]] bool has_zmtp() const { return routers_ == nullptr; }

private:
    BrokerSockets(net::Context& context,
                  const keys::Principals& principals,
                  const net::SocketOptions& options);

    [[nodiscard]] base::Expected<void> open_side(Side side,
                                                 LoopServes loop,
                                                 const net::SocketOptions& options);
    [[nodiscard]] net::StreamServerOptions stream_options(const net::SocketOptions& options) const;
    [[nodiscard]] net::StreamServer* stream_of(Side side) const;
    [[nodiscard]] std::string& endpoint_of(Side side);

    net::Context& context_;
    const keys::Principals& principals_;
    bool has_keys_;
    bool has_local_streams_ = false;
    Endpoints endpoints_;
    std::shared_ptr<net::UnsentTotal> unsent_;
    std::optional<net::ZapHandler> zap_;  // ends after the sockets
    std::vector<KeyRefusal> refusals_;
    std::unique_ptr<NewsSocket> news_;
    std::unique_ptr<ZmqRouters> routers_;                        // null: the streams are all
    std::array<std::unique_ptr<net::StreamServer>, 2> streams_;  // by side; null: nothing for them
};

}  // namespace steward::app
