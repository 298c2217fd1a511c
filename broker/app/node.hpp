// broker/app: a whole broker but for sockets, clock and disk: codecs, translate, core, outbox,
// journal. The loop drives it over ZeroMQ; the simulator drives the same object in virtual time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "broker/app/rights.hpp"
#include "broker/app/translate_zones.hpp"
#include "broker/app/transport.hpp"
#include "broker/core/core.hpp"
#include "broker/store/journal.hpp"
#include "common/access/principal.hpp"

namespace steward::app {

/// Where log lines and lifecycle lines go. Implemented by the shell; the simulator collects them.
class Sink {
public:
    virtual ~Sink() = default;
    virtual void note(const core::Note& note) = 0;
    /// The kinds of events that lifecycle() will be called with; none when no log is kept.
    [[nodiscard]] virtual model::EventSet wanted_events() const = 0;
    /// So many lines of JSON, each with its line end.
    virtual void lifecycle(std::string_view lines, std::size_t count) = 0;
    /// Lines of the audit log, likewise.
    virtual void audit(std::string_view lines) = 0;
};

/// Adds to a report of the broker what the shell knows: journal and process.
using ShellFigures = std::function<void(model::BrokerReport&)>;

/// One turn: begin_batch(now), any number of on_frames(), end_batch(). Everything in a turn happens
/// at one instant; what was gathered for a peer leaves as one message.
///
/// Thread: the loop's.
class Node {
public:
    Node(const core::Policy& policy,
         const base::Now& start,
         std::uint64_t seed,
         Transport& transport,
         store::Journal& journal,
         Sink& sink,
         ZoneSource zones = &only_utc);
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    void begin_batch(const base::Now& now);
    /// One message as it came, any bytes. `frames` is without the routing id.
    /// `who` vouched for itself to the transport. A routing id that somebody else had before is
    /// another peer's from now on: the former one counts as lost.
    void on_frames(Side side,
                   std::string_view routing_id,
                   const Frames& frames,
                   access::PrincipalId who = access::kAnonymous);
    /// The same of somebody who may not be heard: he is told `why`, and is lost if he was known.
    void on_refused(Side side, std::string_view routing_id, const Frames& frames, base::Error why);
    /// A key that may not hear the news has asked for them: for the audit log.
    void note_no_news(access::PrincipalId who);
    /// A connection was cut because its message did not end; counted.
    void note_unfinished();
    /// Whoever is not allowed any more is lost: its jobs go back, and it is told nothing more.
    void lose_all_but(const std::function<bool(access::PrincipalId)>& is_allowed);
    /// The connection of a peer has ended; what it had sent was given to on_frames() before.
    /// Nothing happens for a stranger.
    void on_gone(Side side, std::string_view routing_id);
    /// Applies what is due, tells the core how far the journal is, appends, sends what may be sent.
    void end_batch();

    /// When end_batch() must be called next although nothing came in.
    [[nodiscard]] std::optional<base::MonoTime> next_deadline() const;

    /// Asked when somebody asks for a report of the broker.
    void set_shell_figures(ShellFigures figures);

    /// From now on these keys may do this; what comes with another is refused.
    /// Errors: TooManyNames: nothing has changed.
    [[nodiscard]] base::Expected<void> set_keys(const std::vector<KeyGrants>& keys);

    /// Whether a text is the admin secret. Not called: there is none.
    void set_secret(std::function<bool(std::string_view)> is_secret);

    void drain();
    /// What follows from the new policy goes out with the turn's end.
    void set_policy(const core::Policy& policy);

    /// Set when the broker should end: why, and whether that is a failure.
    [[nodiscard]] const std::optional<core::Stop>& stopped() const;

    [[nodiscard]] const core::Core& core() const;

    /// Messages that wait until the journal is safe up to a record, or behind one that does.
    [[nodiscard]] std::size_t held() const;

    /// Messages that were no request of any dialect, and those that could not be delivered.
    struct EdgeCounters {
        std::uint64_t garbage = 0;
        std::uint64_t malformed = 0;
        std::uint64_t undeliverable = 0;
        std::uint64_t backlog_dropped = 0;
        std::uint64_t forbidden = 0;   // what a key was refused
        std::uint64_t unfinished = 0;  // whose connection was cut, for they did not end
    };

    [[nodiscard]] const EdgeCounters& edge_counters() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace steward::app
