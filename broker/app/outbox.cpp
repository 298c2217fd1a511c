#include "broker/app/outbox.hpp"

#include <algorithm>
#include <utility>

namespace steward::app {
namespace {

// Long enough that framing costs nothing, short enough that a peer can begin to work.
constexpr std::size_t kBatchBytes = 1UL << 20U;
static_assert(kBatchBytes + model::kMessageBytesMost < model::kBrokersMessageBytesMax);
// What a frame takes in memory beside its bytes: many tiny messages are a backlog too.
constexpr std::size_t kFrameCost = 64;
constexpr std::size_t kSpareBatchesMax = 64;
constexpr std::size_t kForgetSentFrom = 64;

// A large frame for a worker is the params of a job that it holds: that is where it is counted, and
// how many a worker holds is the core's own choice.
std::size_t cost_of(const Frames& frames, Side side) {
    std::size_t bytes = kFrameCost;
    for (const base::Blob& frame : frames) {
        const bool is_shared =
            side == Side::Backend && frame.size() > wire::native::kInlinePayloadBytesMax;
        bytes += (is_shared ? 0 : frame.size()) + kFrameCost;
    }
    return bytes;
}

// Whether it means something else before what the peer is told first. A heartbeat says nothing of
// jobs: a slow disk must not make the broker look dead. A native client knows each answer by its
// number: while the disk is full its calls go on, and its next durable job is refused.
bool has_a_turn(const core::Send& send, const PeerTable::Entry& entry) {
    return !std::holds_alternative<core::HeartbeatOut>(send.what) &&
           (entry.side == Side::Backend ||
            Renderer::form_of(send, entry).dialect != wire::DialectId::Native);
}

}  // namespace

Outbox::Outbox(Transport& transport,
               const PeerTable& peers,
               Renderer& renderer,
               const model::Limits& limits)
    : transport_(transport), peers_(peers), renderer_(renderer) {
    set_limits(limits);
}

void Outbox::set_limits(const model::Limits& limits) {
    backlog_bytes_max_ = limits.peer_backlog_bytes_max;
    all_bytes_max_ = limits.backlog_bytes_max;
    total_bytes_max_ = all_bytes_max_ - all_bytes_max_ / model::kTransportShare;
    held_max_ = limits.in_flight_max;
}

Outbox::Lane& Outbox::lane_of(Peer peer) {
    const std::uint32_t slot = PeerTable::slot_of(peer);
    return slot < lanes_.size() && lanes_[slot].peer == peer ? lanes_[slot] : new_lane(peer, slot);
}

Outbox::Lane& Outbox::new_lane(Peer peer, std::uint32_t slot) {
    if (slot >= lanes_.size()) {
        lanes_.resize(slot + 1);
    }
    Lane& lane = lanes_[slot];
    drop(lane);
    lane.peer = peer;
    lane.held = 0;
    lane.stands = Stands::Nowhere;
    return lane;
}

// Null when the peer's slot is another's by now, or never had a lane.
Outbox::Lane* Outbox::find_lane(Peer peer) {
    const std::uint32_t slot = PeerTable::slot_of(peer);
    return slot < lanes_.size() && lanes_[slot].peer == peer ? &lanes_[slot] : nullptr;
}

// Mostly a worker is given many jobs one after another.
void Outbox::post(std::vector<core::Send>& sends) {
    Lane* lane = nullptr;  // of a native worker that a job was staged for just before
    for (core::Send& send : sends) {
        const auto* assign = std::get_if<core::Assign>(&send.what);
        if (assign != nullptr && lane != nullptr && lane->peer == send.to.peer &&
            lane->batch != nullptr && lane->held == 0 && send.after <= durable_) {
            stage(*assign, *lane);
        } else {
            Lane* its = take(std::move(send));
            lane = assign != nullptr ? its : nullptr;
        }
    }
}

// Its lane when it is staged for a native peer, else null.
Outbox::Lane* Outbox::take(core::Send&& send) {
    const PeerTable::Entry* entry = peers_.find(send.to.peer);
    if (entry == nullptr) {
        ++counters_.undeliverable;
        return nullptr;
    }
    Lane& lane = lane_of(send.to.peer);
    if (lane.stands == Stands::GivenUp) {
        ++counters_.backlog_dropped;
        return nullptr;
    }
    const bool waits_its_turn = lane.held > 0 && has_a_turn(send, *entry);
    if (send.after <= durable_ && !waits_its_turn) {
        return stage(std::move(send), *entry, lane) ? &lane : nullptr;
    }
    if (lane.held >= held_max_) {
        give_up(lane, "limits.in_flight_max");
        ++given_up_.back().messages;
        ++counters_.backlog_dropped;
        return nullptr;
    }
    // Records become durable in order, so a little waiting for a later one is all this can cost.
    send.after = held_.empty() ? send.after : std::max(send.after, held_.back().after);
    ++lane.held;
    held_.push_back(std::move(send));
    return nullptr;
}

void Outbox::set_durable(core::Seq seq) {
    durable_ = std::max(durable_, seq);
    while (!held_.empty() && held_.front().after <= durable_) {
        core::Send send = std::move(held_.front());
        held_.pop_front();
        const PeerTable::Entry* entry = peers_.find(send.to.peer);
        if (entry == nullptr) {
            ++counters_.undeliverable;
            continue;
        }
        Lane& lane = lane_of(send.to.peer);
        --lane.held;
        if (lane.stands == Stands::GivenUp) {
            ++counters_.backlog_dropped;
            continue;
        }
        stage(std::move(send), *entry, lane);
    }
}

// Whether its peer is a native one.
bool Outbox::stage(core::Send&& send, const PeerTable::Entry& entry, Lane& lane) {
    lane.side = entry.side;
    const wire::Form form = Renderer::form_of(send, entry);
    if (form.dialect != wire::DialectId::Native) {
        if (auto frames = renderer_.to_old(form, std::move(send)); frames && !frames->empty()) {
            close_batch(lane);
            put(lane, std::move(*frames));
            count(lane);
        }
        return false;
    }
    if (lane.batch == nullptr) {
        if (spare_batches_.empty()) {
            spare_batches_.push_back(std::make_unique<wire::native::BatchWriter>());
        }
        lane.batch = std::move(spare_batches_.back());
        spare_batches_.pop_back();
    }
    if (const auto* assign = std::get_if<core::Assign>(&send.what)) {
        stage(*assign, lane);  // most are
        return true;
    }
    renderer_.add_native(std::move(send), *lane.batch);
    note_staged(lane);
    return true;
}

// Pre: the lane has a batch.
void Outbox::stage(const core::Assign& assign, Lane& lane) {
    lane.batch->add(Renderer::view_of(assign));
    note_staged(lane);
}

void Outbox::note_staged(Lane& lane) {
    make_busy(lane);
    if (lane.batch->bytes() >= kBatchBytes) {
        close_batch(lane);
    }
    count(lane);
}

// One that is blocked has its turns, however much is posted for it.
void Outbox::make_busy(Lane& lane) {
    if (lane.stands == Stands::Nowhere) {
        lane.stands = Stands::Busy;
        lane.moved = flushes_;
        busy_.push_back(lane.peer);
    }
}

// Of those that are blocked: what others have leaves with the turn. One message alone may be larger
// than the bound: it is behind others that are on their way, or had to wait for room for all.
void Outbox::count(Lane& lane) {
    if (lane.stands != Stands::Blocked) {
        return;
    }
    const std::size_t bytes = waiting_bytes(lane);
    waiting_bytes_ += bytes - lane.counted;
    lane.counted = bytes;
    if (bytes > backlog_bytes_max_ && messages_of(lane) > 1) {
        give_up(lane, "limits.peer_backlog_bytes_max");
    }
}

void Outbox::put(Lane& lane, Frames&& message) {
    lane.bytes += cost_of(message, lane.side);
    lane.messages.push_back(std::move(message));
    make_busy(lane);
}

void Outbox::close_batch(Lane& lane) {
    if (lane.batch == nullptr) {
        return;
    }
    while (!lane.batch->empty()) {
        put(lane, lane.batch->take());
    }
    if (spare_batches_.size() < kSpareBatchesMax) {
        spare_batches_.push_back(std::move(lane.batch));
    }
    lane.batch.reset();
}

// Sent messages leave the list in large steps: a peer that is never quite up to date must not make
// it grow.
void Outbox::forget_sent(Lane& lane) {
    if (lane.next >= kForgetSentFrom && lane.next * 2 >= lane.messages.size()) {
        lane.messages.erase(lane.messages.begin(),
                            lane.messages.begin() + static_cast<std::ptrdiff_t>(lane.next));
        lane.next = 0;
    }
}

SendStatus Outbox::send_messages(Lane& lane, const PeerTable::Entry& entry) {
    while (lane.next < lane.messages.size()) {
        Frames& frames = lane.messages[lane.next];
        const std::size_t cost = cost_of(frames, lane.side);
        const SendStatus status = transport_.send(entry.side, entry.routing_id, frames);
        if (status != SendStatus::Sent) {
            forget_sent(lane);
            return status;
        }
        frames.clear();
        lane.bytes -= cost;
        lane.moved = flushes_;
        ++lane.next;
    }
    lane.messages.clear();
    lane.next = 0;
    return SendStatus::Sent;
}

// While the peer is slow its batch stays open: what gathers until it reads is one message.
SendStatus Outbox::send_all(Lane& lane, const PeerTable::Entry& entry) {
    SendStatus status = send_messages(lane, entry);
    if (status == SendStatus::Sent && lane.batch != nullptr) {
        close_batch(lane);
        status = send_messages(lane, entry);
    }
    return status;
}

std::uint64_t Outbox::messages_of(const Lane& lane) {
    return lane.messages.size() - lane.next + (lane.batch == nullptr ? 0 : 1);
}

std::size_t Outbox::waiting_bytes(const Lane& lane) {
    return lane.bytes + (lane.batch == nullptr ? 0 : lane.batch->bytes());
}

void Outbox::flush(std::vector<Peer>& lost) {
    ++flushes_;
    const std::size_t retried = std::min(blocked_.size(), kRetriedMax);
    flushing_.assign(blocked_.begin(), blocked_.begin() + static_cast<std::ptrdiff_t>(retried));
    blocked_.erase(blocked_.begin(), blocked_.begin() + static_cast<std::ptrdiff_t>(retried));
    flushing_.insert(flushing_.end(), busy_.begin(), busy_.end());
    busy_.clear();
    for (const Peer peer : flushing_) {
        flush_one(peer, lost);
    }
    flushing_.clear();
    if (waiting_bytes_ > total_bytes_max_) {
        give_up_for_room();
    }
    for (; told_lost_ < given_up_.size(); ++told_lost_) {
        lost.push_back(given_up_[told_lost_].peer);
    }
}

void Outbox::flush_one(Peer peer, std::vector<Peer>& lost) {
    Lane* found = find_lane(peer);
    const PeerTable::Entry* entry = peers_.find(peer);
    if (found == nullptr || entry == nullptr) {
        return;  // forgotten meanwhile, and counted then
    }
    Lane& lane = *found;
    if (lane.stands == Stands::GivenUp) {
        return;
    }
    const SendStatus status = send_all(lane, *entry);
    if (status == SendStatus::WouldBlock) {
        lane.stands = Stands::Blocked;
        blocked_.push_back(peer);
        count(lane);
        return;
    }
    lane.stands = Stands::Nowhere;
    waiting_bytes_ -= std::exchange(lane.counted, 0);
    if (status == SendStatus::Unroutable) {
        counters_.undeliverable += drop(lane);
        lost.push_back(peer);
    }
}

// Nothing is sent to the peer any more, for something is missing.
void Outbox::give_up(Lane& lane, std::string_view limit) {
    GivenUp peer{lane.peer, 0, waiting_bytes(lane), limit};
    peer.messages = drop(lane);
    counters_.backlog_dropped += peer.messages;
    given_up_.push_back(peer);
    lane.stands = Stands::GivenUp;
}

// Who reads at all has moved later than those who do not.
void Outbox::give_up_for_room() {
    const auto moved = [&](Peer peer) {
        const Lane* lane = find_lane(peer);
        return lane == nullptr ? UINT64_MAX : lane->moved;
    };
    std::vector<Peer> stillest(blocked_.begin(), blocked_.end());
    std::ranges::stable_sort(stillest, {}, moved);
    for (const Peer peer : stillest) {
        if (waiting_bytes_ <= total_bytes_max_) {
            break;
        }
        if (Lane* lane = find_lane(peer); lane != nullptr && lane->counted > 0) {
            give_up(*lane, "limits.backlog_bytes_max");
        }
    }
}

std::vector<Outbox::GivenUp> Outbox::take_given_up() {
    told_lost_ = 0;
    return std::exchange(given_up_, {});
}

void Outbox::forget(Peer peer) {
    if (Lane* lane = find_lane(peer)) {
        counters_.undeliverable += drop(*lane);
        lane->peer = Peer{};
    }
}

// How many messages that were.
std::uint64_t Outbox::drop(Lane& lane) {
    const std::uint64_t messages = messages_of(lane);
    lane.messages.clear();
    lane.messages.shrink_to_fit();
    lane.next = 0;
    lane.bytes = 0;
    lane.batch.reset();
    waiting_bytes_ -= std::exchange(lane.counted, 0);
    return messages;
}

}  // namespace steward::app
