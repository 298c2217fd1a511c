// broker/app: what the log is told of peers that were given up. Drops nobody itself.
#pragma once

#include <cstdint>
#include <vector>

#include "broker/app/outbox.hpp"
#include "broker/app/peer_table.hpp"
#include "broker/app/rights.hpp"
#include "broker/core/effect.hpp"

namespace steward::app {

/// Bound: kPerSecond notes in a second, and one that tells how many more there were.
class GivenUpNotes {
public:
    static constexpr std::uint64_t kPerSecond = 20;

    /// Appends what is to be told of it. Pre: the peer is still known.
    void take(base::MonoTime now,
              const Outbox::GivenUp& given_up,
              const PeerTable& peers,
              const RightsTable& rights,
              std::vector<core::Note>& notes);

private:
    base::MonoTime second_ends_{};
    std::uint64_t told_ = 0;
    std::uint64_t untold_ = 0;
};

}  // namespace steward::app
