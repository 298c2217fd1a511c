#include "broker/app/broker_loop.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

#include "common/posix/clock.hpp"

namespace steward::app {

BrokerLoop::BrokerLoop(LoopParts parts) : parts_(std::move(parts)) {
    watch_all();
}

void BrokerLoop::watch_all() {
    poller_.clear();
    clients_ = Intake::Door::Open;
    slots_ = parts_.sockets.add_to(poller_);
    signals_slot_ = poller_.add(parts_.signals.fd());
    if (parts_.journal_fd >= 0) {
        poller_.add(parts_.journal_fd);
    }
}

bool BrokerLoop::run() {
    bool is_healthy = true;
    while (!is_ended_ && is_healthy) {
        const Amount taken = turn(posix::read_clock());
        if (parts_.node.stopped()) {
            return !parts_.node.stopped()->failed;
        }
        if (!is_ended_) {
            is_healthy = wait(!taken.is_below(kInARow));
        }
    }
    return is_healthy;
}

BrokerLoop::Amount BrokerLoop::turn(const base::Now& now) {
    const core::Core& core = parts_.node.core();
    const std::uint64_t accepted = core.counters().accepted;
    const std::uint64_t unfinished = core.unfinished();
    hear_clients(intake_.door(now.mono, unfinished, core.busy_queues()));
    next_beat_ = parts_.notify.beat(now.mono);
    const bool is_looking = ++turns_unlooked_ >= kTurnsUnlooked;
    if (is_looking) {
        parts_.sockets.update_subscriptions();  // who reads the news hears of what comes now
    }
    parts_.node.begin_batch(now);
    parts_.sockets.look(now.mono);
    answer_for_keys();
    cut_the_unfinished(now.mono);
    note_unaccepted(now.mono);
    const Amount taken = take_messages();
    if (is_looking) {
        look_around();
    }
    parts_.node.end_batch();
    parts_.sockets.flush();
    parts_.sink.flush();
    const std::uint64_t came = core.counters().accepted - accepted;
    intake_.note_turn(now.mono, posix::read_mono(), came, unfinished + came - core.unfinished());
    return taken;
}

void BrokerLoop::hear_clients(Intake::Door door) {
    const bool was_open = std::exchange(clients_, door) == Intake::Door::Open;
    const bool is_open = door == Intake::Door::Open;
    are_clients_heard_ = door != Intake::Door::Closed;
    if (!was_open) {
        parts_.sockets.wake(Side::Frontend);
    }
    if (was_open != is_open) {
        for (const net::Poller::Slot slot : slots_.clients) {
            poller_.watch(slot, is_open, false);
        }
    }
}

BrokerLoop::Amount BrokerLoop::take_messages() {
    Amount taken;
    bool is_drained = false;
    while (taken.is_below(kPerTurn) && !is_drained) {
        is_drained = true;
        for (const Door door : kDoors) {
            if (!is_heard(door) || parts_.sockets.is_quiet(door)) {
                continue;
            }
            const Amount row = take_row(door);
            is_drained = is_drained && row.messages == 0;
            taken.messages += row.messages;
            taken.bytes += row.bytes;
        }
        are_clients_heard_ = are_clients_heard_ && clients_ == Intake::Door::Open;
    }
    return taken;
}

bool BrokerLoop::is_heard(Door door) const {
    return are_clients_heard_ || side_of(door) == Side::Backend;
}

// Who was just heard may have brought so much that no more is taken in this turn.
void BrokerLoop::see_whether_full(Side heard) {
    const core::Core& core = parts_.node.core();
    if (heard == Side::Frontend && !intake_.stays_open(core.unfinished(), core.busy_queues())) {
        are_clients_heard_ = false;
    }
}

BrokerLoop::Amount BrokerLoop::take_row(Door door) {
    const Side side = side_of(door);
    Amount taken;
    for (; taken.is_below(kInARow) && is_heard(door); ++taken.messages) {
        switch (parts_.sockets.receive(door, routing_id_, frames_, from_)) {
            case net::ReceiveStatus::Received:
                for (const base::Blob& frame : frames_) {
                    taken.bytes += frame.size();
                }
                if (from_.refusal.empty()) {
                    parts_.node.on_frames(side, routing_id_, frames_, from_.who);
                    see_whether_full(side);
                } else {
                    parts_.node.on_refused(
                        side,
                        routing_id_,
                        frames_,
                        {base::Errc::KeyRefused, std::string(from_.refusal), {}});
                }
                break;
            case net::ReceiveStatus::TooLarge:
                parts_.log.write(
                    log::Level::Warning, "message_too_large", {{"side", peers_of(side)}});
                break;
            case net::ReceiveStatus::Closed: parts_.node.on_gone(side, routing_id_); break;
            case net::ReceiveStatus::Nothing: return taken;
        }
    }
    return taken;
}

void BrokerLoop::answer_for_keys() {
    parts_.sockets.answer_for_keys();
    for (const auto& [asked, who] : parts_.sockets.take_refusals()) {
        if (who) {
            parts_.node.note_no_news(*who);
            continue;
        }
        parts_.log.write(log::Level::Warning,
                         "key_refused",
                         {{"from", asked.address}, {"public_key", asked.public_key}});
    }
}

void BrokerLoop::cut_the_unfinished(base::MonoTime now) {
    for (const UnfinishedCut& cut : parts_.sockets.cut_the_unfinished(now)) {
        parts_.node.note_unfinished();
        parts_.log.write(log::Level::Warning,
                         "message_unfinished",
                         {{"side", cut.whose},
                          {"from", cut.what.address},
                          {"bytes", std::to_string(cut.what.bytes)},
                          {"limit", cut.limit},
                          {"meaning", "a message that did not end; its connection was closed"}});
    }
}

void BrokerLoop::note_unaccepted(base::MonoTime now) {
    if (now < unaccepted_silent_until_) {
        return;
    }
    for (const Side side : {Side::Frontend, Side::Backend}) {
        const auto [beyond_max, rests] = parts_.sockets.take_unaccepted(side);
        if (beyond_max > 0) {
            parts_.log.write(log::Level::Warning,
                             "connections_full",
                             {{"side", peers_of(side)},
                              {"closed", std::to_string(beyond_max)},
                              {"limit", "limits.peers_max"},
                              {"meaning", "whoever connects is closed until somebody leaves"}});
        }
        if (rests > 0) {
            parts_.log.write(log::Level::Warning,
                             "descriptors_out",
                             {{"side", peers_of(side)},
                              {"limit", "LimitNOFILE, or ulimit -n"},
                              {"meaning", "whoever connects waits until somebody leaves"}});
        }
        if (beyond_max + rests > 0) {
            unaccepted_silent_until_ = now + kUnacceptedPause;
        }
    }
}

void BrokerLoop::look_around() {
    turns_unlooked_ = 0;
    relieve_news();
    while (const auto signal = parts_.signals.next()) {
        handle_signal(*signal);
    }
}

void BrokerLoop::relieve_news() {
    const std::string_view why = parts_.sockets.news_overflow();
    if (why.empty()) {
        return;
    }
    parts_.log.write(log::Level::Warning,
                     "news_reopened",
                     {{"why", why}, {"meaning", "all readers of news connect again"}});
    if (auto opened = parts_.sockets.reopen_news(); !opened) {
        parts_.log.write(log::Level::Error, "news_lost", {{"why", opened.error().message}});
    }
    watch_all();
}

void BrokerLoop::handle_signal(int signal) {
    if (signal == SIGHUP) {
        parts_.reload();
        watch_all();  // the news may be another socket now
    } else if (is_draining_) {
        parts_.log.write(log::Level::Warning, "broker_leaves_at_once");
        is_ended_ = true;
    } else {
        is_draining_ = true;
        parts_.log.write(log::Level::Info, "broker_draining");
        parts_.notify.say("STOPPING=1");
        next_beat_ = parts_.notify.beat(posix::read_mono());
        parts_.node.drain();
    }
}

// Under load there is more to take: then it only looks at who has something.
bool BrokerLoop::wait(bool is_under_load) {
    if (is_under_load) {
        return note_waited(poller_.wait(base::Duration::zero()));
    }
    auto deadline = parts_.node.next_deadline();
    deadline = std::min(deadline.value_or(base::MonoTime::max()), parts_.sockets.next_look());
    if (next_beat_ && (!deadline || *next_beat_ < *deadline)) {
        deadline = next_beat_;
    }
    const base::MonoTime now = posix::read_mono();
    if (clients_ != Intake::Door::Open && (!deadline || now + Intake::kPatience < *deadline)) {
        deadline = now + Intake::kPatience;
    }
    return note_waited(poller_.wait_until(deadline, now));
}

bool BrokerLoop::note_waited(const base::Expected<std::size_t>& waited) {
    if (!waited) {
        parts_.log.write(log::Level::Error, "wait_failed", {{"why", waited.error().message}});
        return false;
    }
    if (poller_.is_readable(signals_slot_) || poller_.is_readable(slots_.news)) {
        turns_unlooked_ = kTurnsUnlooked;  // the coming turn looks
    }
    return true;
}

}  // namespace steward::app
