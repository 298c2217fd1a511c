// worker: the session's patience: attempts that run too long or hold too much memory, work that
// ignores its stop token, a process that has served long enough. No clock and no meter: both are
// told.
#include <algorithm>
#include <utility>

#include "common/base/quantity.hpp"
#include "worker/session.hpp"

namespace steward::worker {
namespace {

// Memory goes on growing meanwhile, so this grace is short.
constexpr base::Duration kMemoryGraceMax = 1s;

std::string text_of(base::Duration duration) {
    const auto micros = duration.count();
    if (micros % 1'000'000 == 0) {
        return std::to_string(micros / 1'000'000) + " s";
    }
    if (micros % 1'000 == 0) {
        return std::to_string(micros / 1'000) + " ms";
    }
    return std::to_string(micros) + " us";
}

}  // namespace

void Session::limit(base::MonoTime now, Busy& busy, const wire::native::Assign& job) {
    if (job.time_limit > base::Duration::zero()) {
        busy.time_limit = job.time_limit;
        busy.alarm = now + job.time_limit;
        next_alarm_ = std::min(next_alarm_, busy.alarm);
    }
    busy.memory_limit = options_.limits_memory ? job.options.memory_limit.value_or(0) : 0;
    if (busy.memory_limit != 0 && !measure_at_) {
        measure_at_ = now;
    }
}

void Session::halt(base::MonoTime now, Busy& busy, std::string why, base::Duration grace) {
    busy.stage = Stage::Stopped;
    busy.grace = grace;
    busy.alarm = now + grace;
    next_alarm_ = std::min(next_alarm_, busy.alarm);
    actions_.emplace_back(StopJob{entries_[busy.spot].attempt, std::move(why)});
}

// next_alarm_ may be that of work that has returned meanwhile: then nothing rings, and the next one
// is looked for.
void Session::ring(base::MonoTime now) {
    if (retire_at_ && now >= *retire_at_) {
        retire_at_.reset();
        retire(now, "it has lived for " + text_of(options_.lifetime_max) + " (max-lifetime)");
    }
    if (cut_at_ && now >= *cut_at_) {
        cut_off(now);
    }
    if (now >= next_alarm_) {
        next_alarm_ = base::MonoTime::max();
        for (Busy& busy : busy_) {
            if (busy.alarm <= now && busy.stage == Stage::Working) {
                reach_time_limit(now, busy);
            } else if (busy.alarm <= now) {
                give_up(now, busy);
            }
            next_alarm_ = std::min(next_alarm_, busy.alarm);
        }
    }
    if (measure_at_ && now >= *measure_at_) {
        look_at_memory(now);
    }
}

base::MonoTime Session::next_limit() const {
    base::MonoTime earliest = next_alarm_;
    earliest = retire_at_ ? std::min(earliest, *retire_at_) : earliest;
    earliest = cut_at_ ? std::min(earliest, *cut_at_) : earliest;
    earliest = measure_at_ ? std::min(earliest, *measure_at_) : earliest;
    return earliest;
}

// By this side's clock: the broker may be out of reach, and the worker should know all the same.
void Session::reach_time_limit(base::MonoTime now, Busy& busy) {
    entries_[busy.spot].phase = Phase::Stopping;
    busy.spoiled = "ran longer than its time limit of " + text_of(busy.time_limit);
    halt(now, busy, busy.spoiled, stop_grace_);
}

void Session::give_up(base::MonoTime now, Busy& busy) {
    busy.stage = Stage::Stuck;
    busy.alarm = base::MonoTime::max();
    ++stuck_;
    std::string text = "ignored its stop token for " + text_of(busy.grace);
    if (!busy.spoiled.empty()) {
        text = busy.spoiled + " and " + text;
    }
    Entry& entry = entries_[busy.spot];
    if (entry.phase == Phase::Stopping) {
        report(busy.spot, {model::Verdict::Failed, text, {}, {}}, now - busy.since);
    } else if (entry.phase == Phase::Void) {
        end(busy.spot);
        tell_stopped(entry.attempt, text, now - busy.since);
    }  // else it has failed already, by its memory
    replace(now, "job " + entry.attempt.job.text() + ": " + text);
    after_work(now);
}

void Session::resident(base::MonoTime now, std::uint64_t bytes) {
    for (Busy& busy : busy_) {
        if (busy.stage == Stage::Working && busy.memory_limit != 0 && bytes > busy.memory_limit) {
            exceed_memory(now, busy, bytes);
        }
    }
}

void Session::exceed_memory(base::MonoTime now, Busy& busy, std::uint64_t bytes) {
    const std::string text = "its worker held " + base::size_text(bytes) +
                             " of memory, more than its memory_limit of " +
                             base::size_text(busy.memory_limit);
    Entry& entry = entries_[busy.spot];
    report(busy.spot, {model::Verdict::Failed, text, {}, {}}, now - busy.since);
    halt(now, busy, text, std::min(stop_grace_, kMemoryGraceMax));
    replace(now, "job " + entry.attempt.job.text() + ": " + text);
}

void Session::look_at_memory(base::MonoTime now) {
    const bool is_wanted = std::ranges::any_of(busy_, [](const Busy& busy) {
        return busy.stage == Stage::Working && busy.memory_limit != 0;
    });
    measure_at_.reset();
    if (is_wanted) {
        measure_at_ = now + options_.memory_interval;
        actions_.emplace_back(MeasureMemory{});
    }
}

// Work that did not return in time goes down with the process: the goodbye tells that it is lost.
void Session::cut_off(base::MonoTime now) {
    cut_at_.reset();
    if (awaited() == 0) {
        return;
    }
    for (Busy& busy : busy_) {
        if (busy.stage == Stage::Stopped) {
            give_up(now, busy);
        } else if (busy.stage == Stage::Working) {
            busy.stage = Stage::Stuck;
            busy.alarm = base::MonoTime::max();
            ++stuck_;
            --held_;
            end(busy.spot);
        }
    }
    after_work(now);
}

void Session::retire(base::MonoTime now, std::string why) {
    if (!leaving_) {
        actions_.emplace_back(Leaving{std::move(why), false});
        begin_leaving(now);
    }
}

void Session::replace(base::MonoTime now, std::string why) {
    if (is_forced_) {
        return;
    }
    is_forced_ = true;
    actions_.emplace_back(Leaving{std::move(why), true});
    cut_at_ = now + stop_grace_;
    if (!leaving_) {
        begin_leaving(now);
    }
}

void Session::check_age(base::MonoTime now, std::uint64_t resident_bytes) {
    if (options_.memory_bytes_max != 0 && resident_bytes > options_.memory_bytes_max) {
        retire(now,
               "it holds " + base::size_text(resident_bytes) +
                   " of memory after a job, more than " +
                   base::size_text(options_.memory_bytes_max) + " (max-memory)");
    }
}

}  // namespace steward::worker
