// broker/app: a job's events on their way to the news socket and the lifecycle log. Like a message
// to a peer, an event is not told before the journal has what it tells of.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "broker/app/node.hpp"
#include "broker/app/peer_table.hpp"
#include "broker/core/effect.hpp"

namespace steward::app {

/// Order: as announced.  Thread: the loop's.
/// Bound: events wait for one commit of the journal; beyond kHeldMax of them the oldest are told
///        before their time rather than lost, since no promise hangs on them.
class News {
public:
    static constexpr std::size_t kHeldMax = 100'000;

    News(Transport& transport, Sink& sink, const PeerTable& peers)
        : transport_(transport), sink_(sink), peers_(peers) {}

    /// The kinds that somebody listens to: only these need be announced.
    [[nodiscard]] model::EventSet wanted() const {
        return transport_.has_subscribers() ? model::EventSet::all() : sink_.wanted_events();
    }

    /// Tells or holds the events; the list is empty afterwards. Workers are shown by their routing
    /// ids, so this comes before a lost one is forgotten.
    void take(std::vector<core::Announce>& announces);
    void set_durable(core::Seq seq);

private:
    struct Line {
        core::Seq after = 0;
        model::EventKind kind = model::EventKind::Received;
        std::string topic;
        std::string json;
    };

    void write(const core::Announce& announce, Line& line) const;
    void tell(const Line& line);

    Transport& transport_;
    Sink& sink_;
    const PeerTable& peers_;
    core::Seq durable_ = 0;
    Line line_;              // reused
    std::deque<Line> held_;  // `after` never falls from front to back
};

}  // namespace steward::app
