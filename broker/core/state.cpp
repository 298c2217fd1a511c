// broker/core: construction, time, draining and the small helpers all handlers use.
#include "broker/core/state.hpp"

#include <algorithm>

namespace steward::core {
namespace {

constexpr std::size_t kHistoryParamsBytesMax = 1024;

std::uint64_t epoch_of(std::uint16_t broker_id, base::WallTime start) {
    const auto since_1970 = start.time_since_epoch();
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
    return (static_cast<std::uint64_t>(ms) << 16U) | broker_id;
}

}  // namespace

State::State(const Policy& initial, const base::Now& start, std::uint64_t seed)
    : now_(start),
      prng_(seed),
      start_(start),
      epoch_(epoch_of(initial.broker_id, start.wall)),
      settled_at_(start.mono + initial.settle) {
    set_policy(initial);
    timers.arm(settled_at_, {Timer::Kind::Settled, {}, {}});
    timers.arm(start.mono + initial.session_idle, {Timer::Kind::Sessions, {}, {}});
}

void State::set_policy(const Policy& changed) {
    policy = changed;
    for (const std::string& text : policy.services) {
        if (const auto name = model::ServiceName::parse(text)) {
            const ServiceHandle known = services_.find(name->view());
            services_.map.at(known.names_something() ? known : services_.add(*name)).declared =
                true;
        }
    }
}

void State::begin(const base::Now& now, Effects& out) {
    now_ = now;
    out_ = &out;
}

void State::on(Tick& /*tick*/) {
    while (const auto timer = timers.pop_due(now_.mono)) {
        switch (timer->kind) {
            case Timer::Kind::Job: on_job_timer(timer->job); break;
            case Timer::Kind::Worker: on_worker_timer(timer->worker); break;
            case Timer::Kind::Recall: on_recall_timer(timer->worker); break;
            case Timer::Kind::Settled: on_settled(); break;
            case Timer::Kind::Sessions:
                submissions_.forget_silent(now_.mono - policy.session_idle);
                adopted_.clear();
                timers.arm(now_.mono + policy.session_idle, {Timer::Kind::Sessions, {}, {}});
                break;
            case Timer::Kind::Drain: break;  // settle_consequences() looks at the time
        }
    }
}

void State::on(Durable& durable) {
    durable_seq_ = std::max(durable_seq_, durable.seq);
}

void State::on(JournalFailed& failed) {
    stopped_ = true;
    note(Severity::Error, "journal_failed", {{"why", failed.why}});
    out_->stops.push_back({failed.why, true});
}

void State::on(Operator& request) {
    switch (request.verb) {
        case Verb::Drain:
            if (!draining_) {
                draining_ = true;
                drain_ends_ = now_.mono + policy.drain_limit;
                timers.arm(drain_ends_, {Timer::Kind::Drain, {}, {}});
                note(Severity::Info,
                     "draining",
                     {{"active", std::to_string(active_)}, {"ready", std::to_string(ready_)}});
            }
            break;
    }
}

void State::settle_consequences() {
    if (draining_ && !stopped_ && drain_is_over()) {
        finish_drain();
    }
}

// A draining broker runs what waits while somebody is there to run it.
bool State::drain_is_over() const {
    if (now_.mono >= drain_ends_) {
        return true;
    }
    if (active_ > 0) {
        return false;
    }
    for (std::uint32_t slot = 0; ready_ > 0 && slot < services_.map.slots(); ++slot) {
        const ServiceHandle handle = services_.map.handle_at(slot);
        if (handle.names_something()) {
            const Service& service = services_.map.at(handle);
            if (service.workers > 0 && !service.ready.empty()) {
                return false;
            }
        }
    }
    return true;
}

void State::finish_drain() {
    stopped_ = true;
    const base::Error error{
        base::Errc::Draining, "the broker is shutting down; the job was not finished", {}};
    for (std::uint32_t slot = 0; slot < jobs_.map.slots(); ++slot) {
        const JobHandle handle = jobs_.map.handle_at(slot);
        if (!handle.names_something()) {
            continue;
        }
        const Job& job = jobs_.map.at(handle);
        // A client that can resend hears nothing: it asks the next broker under the same number.
        if (job.sync && job.submission.session == 0) {
            refuse(job.waiter, services_.map.at(job.service).name.view(), error);
        }
    }
    for (std::uint32_t slot = 0; slot < workers_.map.slots(); ++slot) {
        const WorkerHandle handle = workers_.map.handle_at(slot);
        if (handle.names_something()) {
            send(workers_.map.at(handle).address, Disconnect{"the broker is shutting down"});
        }
    }
    note(Severity::Info,
         "drained",
         {{"active", std::to_string(active_)},
          {"ready", std::to_string(ready_)},
          {"scheduled", std::to_string(scheduled_)}});
    out_->stops.push_back({"drained", false});
}

void State::send(const Address& to, Message&& what, Seq after) {
    out_->sends.push_back({to, std::move(what), after});
}

Seq State::append(const Job& job, Record&& record) {
    if (!job.durable) {
        return 0;
    }
    out_->appends.push_back({++last_seq_, std::move(record)});
    return last_seq_;
}

void State::announce(const Job& job, model::EventKind kind, std::string_view detail) {
    if (!announcing) {
        return;
    }
    Announce& event = out_->announces.emplace_back();
    event.kind = kind;
    event.job = job.id;
    event.service = services_.map.at(job.service).name;
    event.attempt = job.attempt;
    if (const Worker* worker = workers_.map.find(job.worker)) {
        event.worker = worker->address.peer;
    }
    event.at = now_.wall;
    event.detail = detail;
    event.after = job.durable ? last_seq_ : 0;
    if (kind == model::EventKind::Progress) {
        event.done = job.progress_done;
        event.total = job.progress_total;
    }
}

void State::note(Severity severity,
                 std::string_view event,
                 std::vector<std::pair<std::string, std::string>> fields,
                 Peer worker) {
    out_->notes.push_back({severity, std::string(event), std::move(fields), worker});
}

// Keeps a finished job for the listings; long params are cut so that history stays small.
void State::remember(const Job& job, std::string_view text) {
    if (policy.limits.history_jobs_max == 0) {
        return;
    }
    while (history_.size() >= policy.limits.history_jobs_max) {
        history_.pop_front();
    }
    model::JobRow& row = history_.emplace_back(row_of(job));
    row.ended_at = now_.wall;
    row.text = text;
    const std::string_view params = row.params.bytes.view();
    if (params.size() > kHistoryParamsBytesMax) {
        row.params = {model::Encoding::Opaque,
                      base::Blob::copy(params.substr(0, kHistoryParamsBytesMax))};
    }
}

}  // namespace steward::core
