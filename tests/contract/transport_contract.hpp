// tests/contract: what every Transport promises, written down once. The real one over ZeroMQ and
// the simulator's are both held to it, so that what the simulator claims is what ZeroMQ does.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "broker/app/transport.hpp"

namespace steward::contract {

using app::Frames;
using app::Side;

/// A peer of the transport under test; `routing_id` is what the transport calls it.
struct Peer {
    std::size_t number = 0;
    Side side = Side::Frontend;
    std::string routing_id;
};

struct Incoming {
    std::string routing_id;
    Frames frames;
};

/// A transport and the peers around it. Queues towards a peer that does not read hold some hundred
/// megabytes at most. Nothing here waits but let_pass().
class TransportWorld {
public:
    virtual ~TransportWorld() = default;
    [[nodiscard]] virtual app::Transport& transport() = 0;
    /// The next message that has come in on one side.
    [[nodiscard]] virtual std::optional<Incoming> receive(Side side) = 0;

    /// Connects a peer under `name`; empty: the transport finds one. Returns when the peer's first
    /// message has come in (and has been taken away).
    [[nodiscard]] virtual Peer connect(Side side, const std::string& name) = 0;
    /// Cuts the connection: nothing more goes in or out.
    virtual void disconnect(const Peer& peer) = 0;
    virtual void peer_send(const Peer& peer, const Frames& frames) = 0;
    /// The next message that has arrived at the peer.
    [[nodiscard]] virtual std::optional<Frames> peer_receive(const Peer& peer) = 0;

    /// A reader of news whose topics begin with `prefix`; its number.
    [[nodiscard]] virtual std::size_t subscribe(const std::string& prefix) = 0;
    virtual void unsubscribe(std::size_t reader) = 0;
    /// The next news that have arrived, as topic and body.
    [[nodiscard]] virtual std::optional<Frames> reader_receive(std::size_t reader) = 0;

    /// A moment passes: what is under way moves on, what has ended is noticed.
    virtual void let_pass() = 0;
};

struct TransportRule {
    const char* sentence;
    void (*check)(TransportWorld& world);
};

[[nodiscard]] std::span<const TransportRule> transport_rules();

/// Checks every rule, each in a world of its own.
void check_transport(const std::function<std::unique_ptr<TransportWorld>()>& make_world);

}  // namespace steward::contract
