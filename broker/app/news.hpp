// broker/app: a job's events on their way to the news socket and the lifecycle log. Like a message
// to a peer, an event is not told before the journal has what it tells of.
#pragma once

#include <array>
#include <deque>
#include <string>
#include <vector>

#include "broker/app/node.hpp"
#include "broker/app/peer_table.hpp"
#include "broker/core/effect.hpp"
#include "common/wire/event_json.hpp"

namespace steward::app {

/// Order: as announced.  Thread: the loop's.
/// Bound: events wait for one commit of the journal; beyond kHeldMax of them the oldest are told
///        before their time rather than lost, since no promise hangs on them.
class News {
public:
    static constexpr std::size_t kHeldMax = 100'000;

    News(Transport& transport, Sink& sink, const PeerTable& peers, const model::Limits& limits)
        : transport_(transport), sink_(sink), peers_(peers) {
        set_limits(limits);
    }

    void set_limits(const model::Limits& limits) {
        params_bytes_max_ = limits.event_params_bytes_max;
    }

    /// The kinds that somebody listens to: only these need be announced.
    [[nodiscard]] model::EventSet wanted() const {
        return transport_.has_subscribers() ? model::EventSet::all() : sink_.wanted_events();
    }

    /// Tells or holds the events; the list is empty afterwards. Workers are shown by their routing
    /// ids, so this comes before a lost one is forgotten.
    void take(std::vector<core::Announce>& announces);
    void set_durable(core::Seq seq);

private:
    // One that waits, or neighbours that wait for the same and have no topic; topic and lines stand
    // in held_text_, one after the other.
    struct Held {
        core::Seq after = 0;
        std::size_t topic_bytes = 0;  // 0: nobody read the news then
        std::size_t line_bytes = 0;
        std::size_t events = 0;
        bool is_logged = false;
    };

    struct WorkerText {
        Peer worker;
        std::string text;
    };

    void write(const core::Announce& announce, wire::GrowingBuffer& to);
    void write_more(const core::Announce& announce,
                    const wire::PlainEvent& plain,
                    wire::GrowingBuffer& to);
    void hold(const core::Announce& announce);
    void tell(const core::Announce& announce);
    void tell_oldest();
    void line_is_complete();
    void hand_over();
    [[nodiscard]] const std::string& topic_of(const core::Announce& announce);
    [[nodiscard]] std::string_view text_of(Peer worker);

    Transport& transport_;
    Sink& sink_;
    const PeerTable& peers_;
    std::size_t params_bytes_max_ = 0;  // larger ones would stop the loop while they are written
    core::Seq durable_ = 0;
    wire::EventWriter writer_;
    std::string topic_;          // reused
    wire::GrowingBuffer lines_;  // for the lifecycle log, until the end of the call
    std::size_t lines_count_ = 0;
    std::deque<Held> held_;  // `after` never falls from front to back
    wire::GrowingBuffer held_text_;
    std::size_t held_told_ = 0;  // so much at its front has been told
    std::size_t held_events_ = 0;
    std::array<WorkerText, 64> workers_;  // those seen last
    model::EventSet logged_;              // within a call
    bool has_readers_ = false;
};

}  // namespace steward::app
