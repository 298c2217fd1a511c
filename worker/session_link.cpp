// worker: the session's connection: which broker, when to try the next, heartbeats, READY, goodbye.
#include <algorithm>
#include <utility>

#include "common/model/limits.hpp"
#include "worker/session.hpp"

namespace steward::worker {
namespace {

// What a broker promises is believed within reason: a silly interval must neither make it look dead
// at once nor alive for ever.
constexpr base::Duration kIntervalMin = 10ms;
constexpr base::Duration kIntervalMax = 1h;

constexpr std::uint32_t kIdleIntervals = 3;  // without work before idle() (ZMWS)
constexpr std::uint32_t kDoublingsMax = 16;

}  // namespace

Session::Session(SessionOptions options, base::MonoTime start, std::uint64_t seed)
    : options_(std::move(options)), prng_(seed), heard_at_(start), beat_at_(start) {
    constexpr auto kHeldMax = static_cast<std::uint32_t>(model::kRunningPerReadyMax);
    options_.concurrency = std::clamp(options_.concurrency, 1U, kHeldMax);
    options_.credit_max = std::clamp(options_.credit_max, options_.concurrency, kHeldMax);
    options_.heartbeat_interval =
        std::clamp(options_.heartbeat_interval, kIntervalMin, kIntervalMax);
    options_.heartbeat_tries = std::max(options_.heartbeat_tries, 1U);
    options_.brokers = std::max<std::size_t>(options_.brokers, 1);
    broker_interval_ = options_.heartbeat_interval;
    stop_grace_ = options_.stop_grace;
    if (options_.lifetime_max > base::Duration::zero()) {
        retire_at_ = start + options_.lifetime_max;
    }
    idle_at_ = start + kIdleIntervals * options_.heartbeat_interval;
    actions_.emplace_back(Connect{broker_});
}

base::Duration Session::silence_max() const {
    return broker_interval_ * options_.heartbeat_tries;
}

void Session::connected(base::MonoTime now) {
    if (left_) {
        return;
    }
    link_ = Link::Open;
    heard_at_ = now;
    beat_at_ = now + options_.heartbeat_interval;
    forget_ended();
    announce();
}

void Session::disconnected(base::MonoTime now) {
    if (link_ != Link::Paused && !left_) {
        lose(now, "the connection is gone or could not be made");
    }
}

// What a broker assigns after a READY that does not name it is meant to run: one that crashed may
// have lost the start of an attempt, and give its number again.
void Session::forget_ended() {
    for (const Spot spot : ended_) {
        forget(spot);
    }
    ended_.clear();
}

// The next READY says what is held, so what was gathered about that is void.
void Session::announce() {
    must_announce_ = true;
    must_beat_ = false;
    said_finishing_ = false;
    said_lost_ = false;
    parted_ = false;
    returns_.clear();
    told_.clear();  // nobody waits for it here
    writer_ = {};
    is_gathering_ = false;
}

void Session::lose(base::MonoTime now, std::string why) {
    const base::Duration longest =
        std::min(options_.reconnect_max,
                 options_.reconnect_first * (1U << std::min(failures_, kDoublingsMax)));
    // Half of the pause is chance, so that the workers of a broker that fell do not all come at
    // once.
    const auto half = static_cast<std::uint64_t>(std::max(longest, base::Duration(2)).count()) / 2;
    const auto pause = half + prng_.below(half + 1);
    ++failures_;
    trouble_ = std::move(why);
    link_ = Link::Paused;
    connect_at_ = now + base::Duration(static_cast<base::Duration::rep>(pause));
    broker_interval_ = options_.heartbeat_interval;
}

void Session::connect_next(base::MonoTime now) {
    const std::size_t before = broker_;
    broker_ = (broker_ + 1) % options_.brokers;
    if (broker_ != before) {
        // Jobs not begun belong to the broker that gave them: it hands them out again once it
        // misses this worker. What runs is finished all the same.
        forget_waiting();
    }
    link_ = Link::Connecting;
    heard_at_ = now;
    actions_.emplace_back(Connect{broker_});
}

void Session::welcome(const wire::native::Welcome& said) {
    link_ = Link::Registered;
    message_bytes_max_ = said.message_bytes_max;
    if (said.heartbeat_interval > base::Duration::zero()) {
        broker_interval_ = std::clamp(said.heartbeat_interval, kIntervalMin, kIntervalMax);
    }
    if (said.stop_grace > base::Duration::zero()) {
        stop_grace_ = said.stop_grace;
    }
}

wire::native::WorkerReady Session::make_ready() const {
    wire::native::WorkerReady ready;
    ready.library = options_.library;
    ready.heartbeat_interval = options_.heartbeat_interval;
    ready.concurrency = options_.concurrency;
    ready.credit_max = options_.credit_max;
    ready.services = options_.services;
    ready.channels = options_.channels;
    const auto list = [&](const Entry& entry) {
        const wire::native::Assign& job = *entry.arrival->job();
        ready.running.push_back({entry.attempt, job.submission, job.service});
    };
    // As they have ended, run and will be begun: with the first the broker fills the slots.
    outbox_.for_each([&](const Outgoing& one) {
        if (one.spot != AttemptTable::kNowhere && entries_[one.spot].phase == Phase::Unsent) {
            list(entries_[one.spot]);
        }
    });
    entries_.for_each([&](const Entry& entry) {
        if (entry.phase == Phase::Running || entry.phase == Phase::Stopping) {
            list(entry);
        }
    });
    for (const Spot spot : waiting_) {
        list(entries_[spot]);
    }
    return ready;
}

void Session::leave(base::MonoTime now) {
    was_told_to_leave_ = true;
    if (!leaving_) {
        begin_leaving(now);
    }
}

void Session::begin_leaving(base::MonoTime now) {
    leaving_ = true;
    leave_by_ = now + silence_max();
    idle_at_.reset();
    const bool announced = is_open() && !must_announce_;
    for (const Spot spot : waiting_) {
        if (announced) {
            returns_.push_back(entries_[spot].attempt);
        }
    }
    forget_waiting();
}

void Session::after_work(base::MonoTime now) {
    if (awaited() != 0 || !waiting_.empty()) {
        return;
    }
    if (leaving_) {
        leave_by_ = now + silence_max();
    } else {
        idle_at_ = now + kIdleIntervals * options_.heartbeat_interval;
    }
}

void Session::moved(base::MonoTime now) {
    if (is_open()) {
        heard_at_ = now;
    }
}

void Session::beat(base::MonoTime now) {
    must_beat_ = true;
    beat_at_ = now + options_.heartbeat_interval;
    failures_ = is_registered() ? 0 : failures_;
}

// The broker beats for many workers at one instant. Who would beat soon anyway does so now: neither
// has to be woken once more for that.
void Session::beat_along(base::MonoTime now) {
    if (is_registered() && beat_at_ - now <= options_.heartbeat_interval / 2) {
        beat(now);
    }
}

void Session::on_time(base::MonoTime now) {
    if (left_) {
        return;
    }
    ring(now);
    if (link_ == Link::Paused) {
        if (now >= connect_at_) {
            connect_next(now);
        }
    } else if (now >= heard_at_ + silence_max()) {
        lose(now,
             "the broker has been silent for " + std::to_string(silence_max().count() / 1000) +
                 " ms (" + std::to_string(options_.heartbeat_tries) + " heartbeats)");
    } else if (is_open() && now >= beat_at_) {
        beat(now);
    }
    if (idle_at_ && now >= *idle_at_) {
        idle_at_.reset();
        actions_.emplace_back(CallIdle{});
    }
    if (leaving_ && awaited() == 0 && now >= leave_by_) {
        left_ = true;
        actions_.emplace_back(Left{!was_told_to_leave_, stuck_ != 0});
    }
}

std::optional<base::MonoTime> Session::next_deadline() const {
    if (left_) {
        return std::nullopt;
    }
    base::MonoTime earliest = connect_at_;
    if (link_ != Link::Paused) {
        earliest = heard_at_ + silence_max();
        if (is_open()) {
            earliest = std::min(earliest, beat_at_);
        }
    }
    earliest = std::min(earliest, next_limit());
    if (idle_at_) {
        earliest = std::min(earliest, *idle_at_);
    }
    if (leaving_ && awaited() == 0) {
        earliest = std::min(earliest, leave_by_);
    }
    return earliest;
}

}  // namespace steward::worker
