// broker/app: from the core's messages to what a peer reads: native commands or an old dialect's
// frames, params in the encoding that the peer uses. Sends nothing and keeps no state of jobs.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "broker/app/peer_table.hpp"
#include "broker/core/effect.hpp"
#include "broker/core/policy.hpp"
#include "common/wire/native.hpp"

namespace steward::app {

/// Thread: the loop's.  Pre of all calls: `peers` outlives the renderer.
class Renderer {
public:
    Renderer(const core::Policy& policy, const base::Now& start, const PeerTable& peers);

    void set_policy(const core::Policy& policy);

    /// `complete` adds to what the core reports of the broker what only others know.
    void set_completion(std::function<void(model::BrokerReport&)> complete) {
        complete_ = std::move(complete);
    }

    /// The form a message goes out in: its address's for answers, that of the worker's READY for
    /// what a worker is pushed (a bare HEARTBEAT does not tell its dialect).
    [[nodiscard]] static wire::Form form_of(const core::Send& send, const PeerTable::Entry& peer);

    /// The native form of a job for a worker. Valid as long as `assign` is.
    [[nodiscard]] static wire::native::AssignView view_of(const core::Assign& assign) {
        return {assign.attempt,
                assign.service.view(),
                assign.params,
                assign.time_limit,
                assign.submission,
                assign.meta,
                assign.options.get()};
    }

    /// Adds the message to a batch. Every message has a native form.
    void add_native(core::Send&& send, wire::native::BatchWriter& batch);

    /// Nothing where the dialect has no such message, and none is missed by its peers.
    /// Pre: form.dialect is not Native.
    [[nodiscard]] std::optional<Frames> to_old(wire::Form form, core::Send&& send) const;

private:
    [[nodiscard]] std::string json_of(const core::Answer& answer, std::uint32_t form) const;

    const PeerTable* peers_;
    std::function<void(model::BrokerReport&)> complete_;
    std::string identity_;
    std::uint64_t message_bytes_max_ = 0;
    std::uint64_t in_flight_max_ = 0;
};

}  // namespace steward::app
