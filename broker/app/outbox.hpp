// broker/app: what is on its way out. Holds what may not be said before the journal has its record,
// gathers a turn's native commands for each peer into one message, and waits for peers that read
// slowly. Knows no jobs and no journal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "broker/app/peer_table.hpp"
#include "broker/app/render.hpp"
#include "broker/app/transport.hpp"
#include "broker/core/effect.hpp"
#include "common/model/limits.hpp"

namespace steward::app {

/// Order:  what is posted for one peer leaves in that order, heartbeats excepted; a message that
/// need
///         not wait for the journal waits behind one that must.
/// Thread: the loop's.  Blocks: never.
/// Bound:  per peer peer_backlog_bytes_max and in_flight_max messages held for the journal; who
/// passes
///         one is given up.
class Outbox {
public:
    Outbox(Transport& transport,
           const PeerTable& peers,
           Renderer& renderer,
           const model::Limits& limits);

    struct Counters {
        std::uint64_t undeliverable = 0;    // messages whose peer was gone
        std::uint64_t backlog_dropped = 0;  // messages of peers that were given up
    };

    /// Takes one message. One for a peer that is not known is counted and dropped.
    void post(core::Send&& send);
    /// Records up to `seq` are safe: what waited for them may go.
    void set_durable(core::Seq seq);
    /// Hands everything that may go to the transport. Appends the peers that turned out to be gone
    /// or too slow to `lost`: nothing is kept for them any more, and they should be forgotten.
    void flush(std::vector<Peer>& lost);
    /// Drops what waits for the peer.
    void forget(Peer peer);

    /// Something could not be sent and should be tried again in a few milliseconds.
    [[nodiscard]] bool is_blocked() const { return !busy_.empty(); }

    /// Messages that wait for the journal.
    [[nodiscard]] std::size_t held() const { return held_.size(); }

    [[nodiscard]] const Counters& counters() const { return counters_; }

    void set_limits(const model::Limits& limits);

private:
    // What waits for one peer. Lanes stand at the peer's slot and are made anew for a new peer.
    struct Lane {
        Peer peer;
        Side side = Side::Frontend;
        std::vector<Frames> messages;  // those before `next` have been sent
        std::size_t next = 0;
        std::size_t bytes = 0;                             // of messages not sent
        std::unique_ptr<wire::native::BatchWriter> batch;  // comes after `messages`; may be null
        std::uint64_t held = 0;                            // its entries of held_
        bool busy = false;                                 // stands in busy_
    };

    Lane& lane_of(Peer peer);
    Lane& new_lane(Peer peer, std::uint32_t slot);
    [[nodiscard]] Lane* find_lane(Peer peer);
    void stage(core::Send&& send, const PeerTable::Entry& entry, Lane& lane);
    void make_busy(Lane& lane);
    void put(Lane& lane, Frames&& message);
    void close_batch(Lane& lane);
    static void forget_sent(Lane& lane);
    [[nodiscard]] SendStatus send_messages(Lane& lane, const PeerTable::Entry& entry);
    [[nodiscard]] SendStatus send_all(Lane& lane, const PeerTable::Entry& entry);
    [[nodiscard]] static std::size_t waiting_bytes(const Lane& lane);
    std::uint64_t drop(Lane& lane);

    Transport& transport_;
    const PeerTable& peers_;
    Renderer& renderer_;
    std::size_t backlog_bytes_max_ = 0;
    std::size_t held_max_ = 0;

    core::Seq durable_ = 0;
    std::deque<core::Send> held_;  // `after` never falls from front to back
    std::vector<Lane> lanes_;
    std::vector<Peer> busy_;  // in the order in which they got something to send
    std::vector<Peer> flushing_;
    std::vector<Peer> given_up_;  // passed a bound while posting
    std::vector<std::unique_ptr<wire::native::BatchWriter>> spare_batches_;
    Counters counters_;
};

}  // namespace steward::app
