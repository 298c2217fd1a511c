// broker/app: everything the broker listens on, as one Transport: ZeroMQ's sockets, and for native
// peers on this machine the stream sockets beside them. Knows no dialects: frames in, frames out.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/app/zmq_transport.hpp"
#include "common/keys/principals.hpp"
#include "common/net/stream_server.hpp"
#include "common/net/zap.hpp"

namespace steward::app {

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
    /// Listens on all of `wished`, and with `streams` also on the local sockets that go with it
    /// (common/net/stream_address.hpp). Errors: Io, naming the address and the setting that would
    /// change it.
    [[nodiscard]] static base::Expected<std::unique_ptr<BrokerSockets>> open(
        net::Context& context,
        const Endpoints& wished,
        const net::SocketOptions& options,
        bool streams,
        const keys::Principals& principals);

    SendStatus send(Side side, std::string_view routing_id, Frames& frames) override;
    void cut(Side side, std::string_view routing_id) override;

    [[nodiscard]] std::size_t unsent_bytes() const override { return zmq_->unsent_bytes(); }

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
        return (door == Door::Clients || door == Door::Workers) && zmq_->is_quiet(side_of(door));
    }

    /// A door that nobody waited at is to be looked behind.
    void wake(Side side) { zmq_->wake(side); }

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

    /// When there is something to look at, though nothing has come in.
    [[nodiscard]] base::MonoTime next_look() const { return zmq_->next_look(); }

    [[nodiscard]] base::Expected<void> reopen_news() { return zmq_->reopen_news(context_); }

    [[nodiscard]] std::string_view news_overflow() const { return zmq_->news_overflow(); }

    /// What may wait in memory from now on.
    void set_bounds(const net::SocketOptions& options);

    static constexpr std::size_t kRefusalsMax = 64;

    void update_subscriptions() { zmq_->update_subscriptions(); }

    struct Slots {
        net::Poller::Slot news = 0;
        std::vector<net::Poller::Slot> clients;
    };

    [[nodiscard]] Slots add_to(net::Poller& poller) const;

    [[nodiscard]] const Endpoints& endpoints() const { return zmq_->endpoints(); }

    /// Whether native peers on this machine are served over streams.
    [[nodiscard]] bool has_streams() const { return streams_[0] != nullptr; }

private:
    BrokerSockets(net::Context& context, const keys::Principals& principals, bool has_keys)
        : context_(context), principals_(principals), has_keys_(has_keys) {}

    [[nodiscard]] base::Expected<void> open_stream(Side side,
                                                   const net::StreamServerOptions& options);
    [[nodiscard]] net::StreamServer* stream_of(Side side) const;

    net::Context& context_;
    const keys::Principals& principals_;
    bool has_keys_;
    std::optional<net::ZapHandler> zap_;  // ends after the sockets
    std::vector<KeyRefusal> refusals_;
    std::unique_ptr<ZmqTransport> zmq_;
    std::array<std::unique_ptr<net::StreamServer>, 2> streams_;  // by side
};

}  // namespace steward::app
