// broker/app: who speaks to the broker. Gives each (socket, routing id) a number that the other
// rooms use instead of the bytes, and remembers how its worker wants to be spoken to. Sends
// nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/app/transport.hpp"
#include "common/access/principal.hpp"
#include "common/base/flat_index.hpp"
#include "common/base/slot_map.hpp"
#include "common/model/report.hpp"
#include "common/wire/dialect.hpp"

namespace steward::app {

using model::Peer;

/// Numbers are never given twice: a peer that is forgotten and speaks again is a new one.
///
/// Cost: O(1) for all calls.  Thread: the loop's.
/// Bound: peers_max; who adds one asks full() first and forgets oldest().
class PeerTable {
public:
    explicit PeerTable(std::size_t peers_max) { set_peers_max(peers_max); }

    PeerTable(const PeerTable&) = delete;
    PeerTable& operator=(const PeerTable&) = delete;

    struct Entry {
        Side side = Side::Frontend;
        std::string routing_id;
        access::PrincipalId who = access::kAnonymous;
        bool greeted = false;                   // a native client that has said hello
        std::optional<wire::Form> worker_form;  // of its READY; what it is pushed is in this form

    private:
        friend class PeerTable;
        std::uint32_t earlier_ = UINT32_MAX;  // slots, by when they were last heard
        std::uint32_t later_ = UINT32_MAX;
    };

    /// The peer's number, and it counts as heard now; nothing when it is not known.
    [[nodiscard]] std::optional<Peer> hear(Side side, std::string_view routing_id);
    /// Pre: hear() gave nothing for it; not full().
    Peer add(Side side, std::string_view routing_id, access::PrincipalId who = access::kAnonymous);

    /// The same without counting as heard.
    [[nodiscard]] std::optional<Peer> known(Side side, std::string_view routing_id) const;

    /// Null when the peer has been forgotten.
    [[nodiscard]] const Entry* find(Peer peer) const { return entries_.find(handle_of(peer)); }

    /// What the peer is pushed from now on is in this form. A forgotten peer is left alone.
    void set_worker_form(Peer peer, wire::Form form);
    /// The peer has said hello. A forgotten peer is left alone.
    void greet(Peer peer);
    /// A peer that is not known is left alone.
    void forget(Peer peer);

    /// Everybody at present, in any order.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (std::uint32_t slot = oldest_; slot != UINT32_MAX;) {
            const Handle handle = entries_.handle_at(slot);
            const Entry& entry = entries_.at(handle);
            slot = entry.later_;
            visit(peer_of(handle), entry);
        }
    }

    [[nodiscard]] bool full() const { return entries_.size() >= peers_max_; }

    /// The one heard least recently. Pre: size() > 0.
    [[nodiscard]] Peer oldest() const;

    [[nodiscard]] std::size_t size() const { return entries_.size(); }

    [[nodiscard]] std::size_t peers_max() const { return peers_max_; }

    /// At least one peer is always allowed.
    void set_peers_max(std::size_t peers_max) { peers_max_ = peers_max > 0 ? peers_max : 1; }

    /// A small number below peers_max that no other present peer has: for tables beside this one.
    [[nodiscard]] static std::uint32_t slot_of(Peer peer) { return handle_of(peer).slot; }

    /// Its routing id as hex; empty when it has been forgotten.
    [[nodiscard]] std::string text_of(Peer peer) const;

private:
    using Entries = base::SlotMap<Entry>;
    using Handle = Entries::HandleType;

    // Peer 0 is nobody, so generations are shifted by one.
    static Peer peer_of(Handle handle) {
        return Peer{(std::uint64_t{handle.generation} + 1) << 32U | handle.slot};
    }

    static Handle handle_of(Peer peer) {
        return peer.value >> 32U == 0 ? Handle{}
                                      : Handle{static_cast<std::uint32_t>(peer.value),
                                               static_cast<std::uint32_t>((peer.value >> 32U) - 1)};
    }

    [[nodiscard]] Handle handle_of(Side side, std::string_view routing_id) const;

    Entry& at_slot(std::uint32_t slot) { return entries_.at(entries_.handle_at(slot)); }

    void link_as_newest(Handle handle);
    void unlink(const Entry& entry);

    Entries entries_;
    base::FlatIndex<Handle> index_;
    std::size_t peers_max_ = 1;
    std::uint32_t oldest_ = UINT32_MAX;
    std::uint32_t newest_ = UINT32_MAX;
};

}  // namespace steward::app
