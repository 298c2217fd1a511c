#include "broker/app/node.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "broker/app/audit.hpp"
#include "broker/app/given_up_notes.hpp"
#include "broker/app/news.hpp"
#include "broker/app/node_journal.hpp"
#include "broker/app/node_spills.hpp"
#include "broker/app/outbox.hpp"
#include "broker/app/peer_table.hpp"
#include "broker/app/render.hpp"
#include "broker/app/translate.hpp"
#include "common/base/bytes.hpp"

namespace steward::app {
namespace {

using namespace std::chrono_literals;

// How soon a peer that reads slowly, or a journal without room, is tried again.
constexpr base::Duration kRetry = 2ms;
constexpr base::Duration kJournalRetryAfter = 200ms;  // what a refused client is told
// A disk is given so long to write what is the last, however short the drain.
constexpr base::Duration kLastWordsLeast = 1s;
// A turn ends after so many rounds of effects that cause further ones; the rest waits for the next.
constexpr int kRoundsMax = 8;
// So many events are told before more come: those of a whole turn would have left the caches.
constexpr std::size_t kAnnouncesMany = 1024;

// Who was turned away: no proof has this number.
constexpr access::PrincipalId kTurnedAway{UINT32_MAX};

// What adds to what the journal must hold. The facts of jobs that exist are bounded by them, but
// for what an operator can ask again and again.
bool needs_journal(const core::Input& input) {
    const auto asks_for_it = [](const model::JobOptions& options) {
        return options.durable.value_or(!options.sync);
    };
    if (const auto* submit = std::get_if<core::Submit>(&input)) {
        return asks_for_it(submit->spec.options);
    }
    if (const auto* run = std::get_if<core::SubmitRun>(&input)) {
        return asks_for_it(run->options);
    }
    const auto* request = std::get_if<core::Operator>(&input);
    return request != nullptr && !std::holds_alternative<core::DrainBroker>(request->what);
}

core::Send refused_for(base::Error why, const core::Input& input) {
    why.retry_after = kJournalRetryAfter;
    core::Refused refused{std::move(why), {}};
    if (const auto* submit = std::get_if<core::Submit>(&input)) {
        refused.service = submit->spec.service.view();
        return {submit->from, std::move(refused)};
    }
    return {std::get<core::Operator>(input).from, std::move(refused)};
}

void refuse_all(const base::Error& why, const core::SubmitRun& run, core::Effects& effects) {
    std::string_view service = run.service.view();
    for (const core::SubmitRun::One& one : run.jobs) {
        service = one.service.view().empty() ? service : one.service.view();
        core::Refused refused{why, std::string(service)};
        refused.error.retry_after = kJournalRetryAfter;
        effects.sends.push_back(
            {{run.from.peer, one.number, run.from.form}, std::move(refused), 0});
    }
}

}  // namespace

struct Node::Parts final : Receiver {
    Parts(const core::Policy& policy,
          const base::Now& start,
          std::uint64_t seed,
          Transport& door,
          store::Journal& store,
          Sink& log,
          ZoneSource zones)
        : transport(door),
          spills(store.spills()),
          core(policy, start, seed, spills.store()),
          peers(policy.limits.peers_max),
          renderer(policy, start, peers),
          outbox(door, peers, renderer, policy.limits),
          news(door, log, peers, policy.limits),
          journal(store),
          sink(log),
          terms{.zones = zones},
          now(start) {
        terms.worker_named = [this](std::string_view name) -> std::optional<Peer> {
            const auto routing_id = base::from_hex(name);
            return routing_id ? peers.known(Side::Backend, *routing_id) : std::nullopt;
        };
        set_terms(policy);
        renderer.set_completion([this](model::BrokerReport& report) { complete(report); });
    }

    void complete(model::BrokerReport& report) const;

    void set_terms(const core::Policy& policy) {
        last_words_max = std::max(policy.drain_limit, kLastWordsLeast);
        terms.heartbeat_interval = policy.heartbeat_interval;
        terms.message_bytes_max = policy.limits.message_bytes_max;
    }

    // ---- Receiver ----
    void take(core::Input&& input) override;

    void greet(Peer peer) override { peers.greet(peer); }

    void answer(core::Send&& send) override { effects.sends.push_back(std::move(send)); }

    void note(const Act& act) override { audit.note(now, act); }

    void operate(core::Operator&& request, const Act& act) override;

    [[nodiscard]] bool was_taken(const core::Input& input) const;
    Peer peer_of(Side side, std::string_view routing_id, access::PrincipalId who);
    void lose(Peer peer);
    void cut_the_slow();

    void apply(core::Input&& input) { core.apply(now, std::move(input), effects); }

    void fail(base::Error error);

    // ---- the steps of end_batch ----
    void apply_what_is_due();
    void feed_journal();
    void tell();
    void write_notes();
    bool lose_the_lost();
    [[nodiscard]] bool has_work() const;
    void stop_if_all_is_said();
    void give_back_space();

    Transport& transport;
    NodeSpills spills;
    core::Core core;
    PeerTable peers;
    Renderer renderer;
    Outbox outbox;
    News news;
    JournalFeed journal;
    Sink& sink;
    Terms terms;
    base::Now now;
    core::Effects effects;
    core::Seq durable = 0;
    std::vector<Peer> lost;
    RightsTable rights;
    AuditLines audit;
    GivenUpNotes given_up;
    EdgeCounters counters;
    ShellFigures shell_figures;
    std::optional<core::Stop> stopping;  // asked for; may wait until everything is said
    base::MonoTime speaks_until = base::MonoTime::max();  // but no longer
    base::Duration last_words_max{};
    std::optional<core::Stop> stopped;
};

// ---- what comes in ----

void Node::Parts::take(core::Input&& input) {
    if (const auto* ready = std::get_if<core::Ready>(&input)) {
        peers.set_worker_form(ready->from.peer, wire::Form::unpack(ready->from.form));
    } else if (needs_journal(input)) {
        if (auto room = journal.room(); !room && !was_taken(input)) {
            if (const auto* run = std::get_if<core::SubmitRun>(&input)) {
                refuse_all(room.error(), *run, effects);
                return;
            }
            answer(refused_for(std::move(room.error()), input));
            return;
        }
    }
    apply(std::move(input));
    if (effects.announces.size() >= kAnnouncesMany) {
        news.take(effects.announces);
    }
}

// A resend of what the core has: refused, it would be submitted anew as a second job.
bool Node::Parts::was_taken(const core::Input& input) const {
    const auto* submit = std::get_if<core::Submit>(&input);
    return submit != nullptr && core.has_seen(submit->submission);
}

// The core answers an operator at once; what the answer waits for is the journal.
void Node::Parts::operate(core::Operator&& request, const Act& act) {
    const core::Address from = request.from;
    std::size_t next = effects.sends.size();
    take(std::move(request));
    Act done = act;
    for (; next < effects.sends.size() && done.failed.empty(); ++next) {
        const core::Send& send = effects.sends[next];
        const auto* refused = std::get_if<core::Refused>(&send.what);
        if (refused != nullptr && send.to == from) {
            done.failed = base::name_of(refused->error.code);
        }
    }
    note(done);
}

Peer Node::Parts::peer_of(Side side, std::string_view routing_id, access::PrincipalId who) {
    if (const auto known = peers.hear(side, routing_id)) {
        if (peers.find(*known)->who == who) {
            return *known;
        }
        lose(*known);
    }
    while (peers.full()) {
        lose(peers.oldest());
    }
    return peers.add(side, routing_id, who);
}

// Events and notes name their worker, so they are written down while its routing id is still known.
void Node::Parts::lose(Peer peer) {
    if (peers.find(peer) == nullptr) {
        return;
    }
    apply(core::PeerLost{peer});
    news.take(effects.announces);
    write_notes();
    outbox.forget(peer);
    peers.forget(peer);
}

// What the core does not know.
void Node::Parts::complete(model::BrokerReport& report) const {
    report.usages.push_back({"peers", peers.size(), peers.peers_max()});
    report.usages.push_back({"backlog_bytes",
                             outbox.waiting_bytes() + transport.unsent_bytes(),
                             outbox.backlog_bytes_max()});
    if (const auto topics = transport.news_topics(); topics.max != 0) {
        report.usages.push_back({"news_topics", topics.read, topics.max});
    }
    report.messages = {counters.garbage,
                       counters.malformed,
                       outbox.counters().undeliverable,
                       outbox.counters().backlog_dropped,
                       audit.refused(),
                       counters.unfinished};
    if (shell_figures) {
        shell_figures(report);
    }
}

// ---- the end of a turn ----

void Node::Parts::apply_what_is_due() {
    if (const auto due = core.next_deadline(); due && *due <= now.mono) {
        apply(core::Tick{});
    }
}

void Node::Parts::fail(base::Error error) {
    if (!stopping || !stopping->failed) {
        apply(core::JournalFailed{std::move(error.message)});
    }
}

void Node::Parts::feed_journal() {
    if (auto taken = journal.append(effects.appends); !taken) {
        fail(std::move(taken.error()));
        return;
    }
    if (journal.durable() > durable) {
        durable = journal.durable();
        apply(core::Durable{durable});
        outbox.set_durable(durable);
        news.set_durable(durable);
    }
}

void Node::Parts::tell() {
    for (core::Stop& stop : effects.stops) {
        if (!stopping || (stop.failed && !stopping->failed)) {
            stopping = std::move(stop);
            speaks_until = now.mono + last_words_max;
        }
    }
    effects.stops.clear();
    outbox.post(effects.sends);
    effects.sends.clear();
    news.take(effects.announces);
    write_notes();
    outbox.flush(lost);
    cut_the_slow();
}

// Those that were given up are lost in this turn; what they hear is the end of their connection.
void Node::Parts::cut_the_slow() {
    for (const Outbox::GivenUp& slow : outbox.take_given_up()) {
        given_up.take(now.mono, slow, peers, rights, effects.notes);
        if (const PeerTable::Entry* entry = peers.find(slow.peer)) {
            transport.cut(entry->side, entry->routing_id);
        }
    }
}

void Node::Parts::write_notes() {
    for (core::Note& note : effects.notes) {
        if (note.worker != Peer{}) {
            note.fields.insert(note.fields.begin(), {"worker", peers.text_of(note.worker)});
        }
        sink.note(note);
    }
    effects.notes.clear();
}

bool Node::Parts::lose_the_lost() {
    if (lost.empty()) {
        return false;
    }
    std::vector<Peer> gone;
    gone.swap(lost);
    for (const Peer peer : gone) {
        lose(peer);
    }
    return true;
}

bool Node::Parts::has_work() const {
    return !effects.sends.empty() || !effects.appends.empty() || !effects.announces.empty() ||
           !effects.notes.empty() || !effects.stops.empty();
}

// A failed broker ends at once. One that was drained first says what waits for the journal, whose
// disk may be full for ever.
void Node::Parts::stop_if_all_is_said() {
    if (!stopping || stopped) {
        return;
    }
    if (stopping->failed || (outbox.held() == 0 && !journal.is_waiting())) {
        stopped = stopping;
    } else if (now.mono >= speaks_until) {
        stopped = core::Stop{
            "the journal's disk took nothing more: " + std::to_string(outbox.held()) +
                " answers were not given, and what they would have told may not be there",
            true};
    }
}

void Node::Parts::give_back_space() {
    if (stopping || !effects.appends.empty()) {
        return;
    }
    const auto begun = journal.checkpoint_if_due(core);
    if (!begun && begun.error().code == base::Errc::JournalFailed) {
        fail(begun.error());
        tell();
    } else if (!begun) {
        sink.note(
            {core::Severity::Warning, "checkpoint_failed", {{"why", begun.error().message}}, {}});
    }
}

// ---- the face ----

Node::Node(const core::Policy& policy,
           const base::Now& start,
           std::uint64_t seed,
           Transport& transport,
           store::Journal& journal,
           Sink& sink,
           ZoneSource zones)
    : parts_(std::make_unique<Parts>(policy, start, seed, transport, journal, sink, zones)) {
    if (auto restored = parts_->journal.restore(parts_->core); !restored) {
        parts_->stopped = core::Stop{std::move(restored.error().message), true};
    }
    for (const std::string& what : parts_->journal.lost()) {
        sink.note({core::Severity::Warning, "journal_cut", {{"what", what}}, {}});
    }
}

Node::~Node() = default;

void Node::begin_batch(const base::Now& now) {
    parts_->now = now;
    parts_->core.set_announcing(parts_->news.wanted());
}

void Node::on_frames(Side side,
                     std::string_view routing_id,
                     const Frames& frames,
                     access::PrincipalId who) {
    Parts& parts = *parts_;
    if (parts.stopped) {
        return;
    }
    const Peer peer = parts.peer_of(side, routing_id, who);
    const Sender from{side, peer, who, parts.peers.find(peer)->greeted, parts.rights.of(who)};
    switch (translate(from, frames, parts.terms, parts)) {
        case Reading::Understood: return;
        case Reading::Malformed: ++parts.counters.malformed; return;
        case Reading::Garbage: ++parts.counters.garbage; return;
    }
}

void Node::on_refused(Side side,
                      std::string_view routing_id,
                      const Frames& frames,
                      base::Error why) {
    Parts& parts = *parts_;
    if (parts.stopped) {
        return;
    }
    if (const auto known = parts.peers.hear(side, routing_id)) {
        parts.lose(*known);
    }
    const Peer peer = parts.peer_of(side, routing_id, kTurnedAway);
    turn_away({side, peer, kTurnedAway, false}, frames, std::move(why), parts);
    ++parts.counters.malformed;
}

void Node::note_no_news(access::PrincipalId who) {
    if (const Rights* rights = parts_->rights.of(who); rights != nullptr) {
        parts_->note({rights->key, "read", "news", rights->grants.may_read_all()});
    }
}

void Node::note_unfinished() {
    ++parts_->counters.unfinished;
}

void Node::lose_all_but(const std::function<bool(access::PrincipalId)>& is_allowed) {
    Parts& parts = *parts_;
    parts.peers.for_each([&](Peer peer, const PeerTable::Entry& entry) {
        if (!is_allowed(entry.who)) {
            parts.lost.push_back(peer);
        }
    });
}

void Node::on_gone(Side side, std::string_view routing_id) {
    if (const auto peer = parts_->peers.hear(side, routing_id)) {
        parts_->lost.push_back(*peer);
    }
}

void Node::end_batch() {
    Parts& parts = *parts_;
    if (parts.stopped) {
        return;
    }
    parts.apply_what_is_due();
    for (int round = 0; round < kRoundsMax; ++round) {
        parts.feed_journal();
        parts.tell();
        const bool lost_some = parts.lose_the_lost();
        if (!lost_some && !parts.has_work()) {
            break;
        }
    }
    const Outbox::Counters& sent = parts.outbox.counters();
    parts.counters.undeliverable = sent.undeliverable;
    parts.counters.backlog_dropped = sent.backlog_dropped;
    parts.counters.forbidden = parts.audit.refused();
    if (const std::string lines = parts.audit.take(parts.now); !lines.empty()) {
        parts.sink.audit(lines);
    }
    parts.give_back_space();
    parts.stop_if_all_is_said();
}

std::optional<base::MonoTime> Node::next_deadline() const {
    const Parts& parts = *parts_;
    if (parts.stopped) {
        return std::nullopt;
    }
    if (parts.has_work() || !parts.lost.empty()) {
        return parts.now.mono;
    }
    auto due = parts.core.next_deadline();
    if (parts.outbox.is_blocked() || parts.journal.is_behind()) {
        due = std::min(due.value_or(base::MonoTime::max()), parts.now.mono + kRetry);
    }
    if (parts.stopping) {
        due = std::min(due.value_or(base::MonoTime::max()), parts.speaks_until);
    }
    if (const auto tells = parts.audit.next_deadline()) {
        due = std::min(due.value_or(base::MonoTime::max()), *tells);
    }
    return due;
}

void Node::set_shell_figures(ShellFigures figures) {
    parts_->shell_figures = std::move(figures);
}

base::Expected<void> Node::set_keys(const std::vector<KeyGrants>& keys) {
    return parts_->rights.set(keys, parts_->core);
}

void Node::set_secret(std::function<bool(std::string_view)> is_secret) {
    parts_->terms.is_secret = std::move(is_secret);
}

void Node::drain() {
    parts_->apply(core::Operator{{}, core::DrainBroker{}});
}

void Node::set_policy(const core::Policy& policy) {
    parts_->core.set_policy(policy);
    parts_->renderer.set_policy(policy);
    parts_->outbox.set_limits(policy.limits);
    parts_->news.set_limits(policy.limits);
    parts_->peers.set_peers_max(policy.limits.peers_max);
    parts_->set_terms(policy);
}

const std::optional<core::Stop>& Node::stopped() const {
    return parts_->stopped;
}

const core::Core& Node::core() const {
    return parts_->core;
}

std::size_t Node::held() const {
    return parts_->outbox.held();
}

const Node::EdgeCounters& Node::edge_counters() const {
    return parts_->counters;
}

}  // namespace steward::app
