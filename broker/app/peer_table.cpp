#include "broker/app/peer_table.hpp"

#include <functional>

#include "common/base/assert.hpp"
#include "common/base/bytes.hpp"

namespace steward::app {
namespace {

constexpr std::uint32_t kNobody = UINT32_MAX;

std::size_t hash_of(Side side, std::string_view routing_id) {
    return std::hash<std::string_view>{}(routing_id) ^ (side == Side::Backend ? SIZE_MAX : 0);
}

}  // namespace

PeerTable::Handle PeerTable::handle_of(Side side, std::string_view routing_id) const {
    return index_.find(hash_of(side, routing_id), [&](Handle candidate) {
        const Entry& entry = entries_.at(candidate);
        return entry.side == side && entry.routing_id == routing_id;
    });
}

std::optional<Peer> PeerTable::hear(Side side, std::string_view routing_id) {
    const Handle handle = handle_of(side, routing_id);
    if (!handle.names_something()) {
        return std::nullopt;
    }
    if (handle.slot != newest_) {
        unlink(entries_.at(handle));
        link_as_newest(handle);
    }
    return peer_of(handle);
}

std::optional<Peer> PeerTable::known(Side side, std::string_view routing_id) const {
    const Handle handle = handle_of(side, routing_id);
    return handle.names_something() ? std::optional(peer_of(handle)) : std::nullopt;
}

Peer PeerTable::add(Side side, std::string_view routing_id, access::PrincipalId who) {
    STEWARD_ASSERT(!full());
    const Handle handle = entries_.emplace();
    Entry& entry = entries_.at(handle);
    entry.side = side;
    entry.routing_id = routing_id;
    entry.who = who;
    index_.insert(hash_of(side, routing_id), handle);
    link_as_newest(handle);
    return peer_of(handle);
}

void PeerTable::set_worker_form(Peer peer, wire::Form form) {
    if (Entry* entry = entries_.find(handle_of(peer))) {
        entry->worker_form = form;
    }
}

void PeerTable::greet(Peer peer) {
    if (Entry* entry = entries_.find(handle_of(peer))) {
        entry->greeted = true;
    }
}

void PeerTable::forget(Peer peer) {
    const Handle handle = handle_of(peer);
    if (const Entry* entry = entries_.find(handle)) {
        unlink(*entry);
        index_.erase(hash_of(entry->side, entry->routing_id), handle);
        entries_.erase(handle);
    }
}

Peer PeerTable::oldest() const {
    STEWARD_ASSERT(oldest_ != kNobody);
    return peer_of(entries_.handle_at(oldest_));
}

std::string PeerTable::text_of(Peer peer) const {
    const Entry* entry = find(peer);
    return entry == nullptr ? std::string() : base::to_hex(entry->routing_id);
}

void PeerTable::link_as_newest(Handle handle) {
    Entry& entry = entries_.at(handle);
    entry.earlier_ = newest_;
    entry.later_ = kNobody;
    if (newest_ != kNobody) {
        at_slot(newest_).later_ = handle.slot;
    } else {
        oldest_ = handle.slot;
    }
    newest_ = handle.slot;
}

void PeerTable::unlink(const Entry& entry) {
    if (entry.earlier_ != kNobody) {
        at_slot(entry.earlier_).later_ = entry.later_;
    } else {
        oldest_ = entry.later_;
    }
    if (entry.later_ != kNobody) {
        at_slot(entry.later_).earlier_ = entry.earlier_;
    } else {
        newest_ = entry.earlier_;
    }
}

}  // namespace steward::app
