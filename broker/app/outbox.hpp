// broker/app: what is on its way out. Holds what may not be said before the journal has its record,
// gathers a turn's native commands for each peer into one message, and waits for peers that read
// slowly. Knows no jobs and no journal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "broker/app/peer_table.hpp"
#include "broker/app/render.hpp"
#include "broker/app/transport.hpp"
#include "broker/core/effect.hpp"
#include "common/model/limits.hpp"

namespace steward::app {

/// Order:  what is posted for one peer leaves in that order, heartbeats excepted; a message that
///         need not wait for the journal waits behind one that must.
/// Thread: the loop's.  Blocks: never.
/// Cost:   flush() O(what was posted), and kRetriedMax peers that read slowly.
/// Bound:  per peer peer_backlog_bytes_max, or one message, and in_flight_max messages held for the
///         journal; who passes one is given up. Of all peers backlog_bytes_max, but for
///         kTransportShare of it: beyond it those are given up who have not moved for longest.
class Outbox {
public:
    /// How many of those who read slowly a flush tries again, in turns.
    static constexpr std::size_t kRetriedMax = 256;

    Outbox(Transport& transport,
           const PeerTable& peers,
           Renderer& renderer,
           const model::Limits& limits);

    struct Counters {
        std::uint64_t undeliverable = 0;    // messages whose peer was gone
        std::uint64_t backlog_dropped = 0;  // messages of peers that were given up
    };

    /// A peer that reads too slowly.
    struct GivenUp {
        Peer peer;
        std::uint64_t messages = 0;  // that it will not get
        std::size_t bytes = 0;
        std::string_view limit;  // the setting; a literal
    };

    /// Takes messages in their order. One for a peer that is not known is counted and dropped.
    void post(std::vector<core::Send>& sends);
    /// Records up to `seq` are safe: what waited for them may go.
    void set_durable(core::Seq seq);
    /// Hands everything that may go to the transport. Appends the peers that turned out to be gone
    /// or too slow to `lost`: nothing is kept for them any more, and they should be forgotten.
    void flush(std::vector<Peer>& lost);
    /// Those of `lost` who were not gone but too slow, since the last call.
    [[nodiscard]] std::vector<GivenUp> take_given_up();
    /// Drops what waits for the peer.
    void forget(Peer peer);

    /// Something could not be sent and should be tried again in a few milliseconds.
    [[nodiscard]] bool is_blocked() const { return !busy_.empty() || !blocked_.empty(); }

    /// Of all peers together, the transport's share and all.
    [[nodiscard]] std::size_t backlog_bytes_max() const { return all_bytes_max_; }

    /// What waits for peers that read slowly, in bytes.
    [[nodiscard]] std::size_t waiting_bytes() const { return waiting_bytes_; }

    /// Messages that wait for the journal.
    [[nodiscard]] std::size_t held() const { return held_.size(); }

    [[nodiscard]] const Counters& counters() const { return counters_; }

    void set_limits(const model::Limits& limits);

private:
    /// In busy_, in blocked_, or in none and for nothing any more.
    enum class Stands : std::uint8_t { Nowhere, Busy, Blocked, GivenUp };

    // What waits for one peer. Lanes stand at the peer's slot and are made anew for a new peer.
    struct Lane {
        Peer peer;
        Side side = Side::Frontend;
        std::vector<Frames> messages;  // those before `next` have been sent
        std::size_t next = 0;
        std::size_t bytes = 0;                             // of messages not sent
        std::unique_ptr<wire::native::BatchWriter> batch;  // comes after `messages`; may be null
        std::uint64_t held = 0;                            // its entries of held_
        Stands stands = Stands::Nowhere;
        std::size_t counted = 0;  // in waiting_bytes_
        std::uint64_t moved = 0;  // the flush in which the transport took something last
    };

    Lane& lane_of(Peer peer);
    Lane& new_lane(Peer peer, std::uint32_t slot);
    [[nodiscard]] Lane* find_lane(Peer peer);
    Lane* take(core::Send&& send);
    bool stage(core::Send&& send, const PeerTable::Entry& entry, Lane& lane);
    void stage(const core::Assign& assign, Lane& lane);
    void note_staged(Lane& lane);
    void make_busy(Lane& lane);
    void put(Lane& lane, Frames&& message);
    void close_batch(Lane& lane);
    static void forget_sent(Lane& lane);
    [[nodiscard]] SendStatus send_messages(Lane& lane, const PeerTable::Entry& entry);
    [[nodiscard]] SendStatus send_all(Lane& lane, const PeerTable::Entry& entry);
    [[nodiscard]] static std::uint64_t messages_of(const Lane& lane);
    [[nodiscard]] static std::size_t waiting_bytes(const Lane& lane);
    void flush_one(Peer peer, std::vector<Peer>& lost);
    void count(Lane& lane);
    void give_up(Lane& lane, std::string_view limit);
    void give_up_for_room();
    std::uint64_t drop(Lane& lane);

    Transport& transport_;
    const PeerTable& peers_;
    Renderer& renderer_;
    std::size_t backlog_bytes_max_ = 0;
    std::size_t all_bytes_max_ = 0;
    std::size_t total_bytes_max_ = 0;  // what is the outbox's of it
    std::size_t held_max_ = 0;

    core::Seq durable_ = 0;
    std::deque<core::Send> held_;  // `after` never falls from front to back
    std::vector<Lane> lanes_;
    std::vector<Peer> busy_;  // in the order in which they got something to send
    std::vector<Peer> flushing_;
    std::deque<Peer> blocked_;  // the next to be tried again first; some may be forgotten
    std::size_t waiting_bytes_ = 0;
    std::uint64_t flushes_ = 0;
    std::vector<GivenUp> given_up_;
    std::size_t told_lost_ = 0;  // of given_up_
    std::vector<std::unique_ptr<wire::native::BatchWriter>> spare_batches_;
    Counters counters_;
};

}  // namespace steward::app
