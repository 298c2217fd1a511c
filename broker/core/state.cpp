// broker/core: construction, time, draining and the small helpers all handlers use.
#include "broker/core/state.hpp"

#include <algorithm>

namespace steward::core {
namespace {

using namespace std::chrono_literals;

constexpr base::Duration kResultsPause = 10s;  // between two looks for results to forget
// While something is due by the wall clock, this often is looked whether that clock has jumped.
constexpr base::Duration kWallLook = 1s;

std::uint64_t epoch_of(std::uint16_t broker_id, base::WallTime start) {
    const auto since_1970 = start.time_since_epoch();
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
    return (static_cast<std::uint64_t>(ms) << 16U) | broker_id;
}

}  // namespace

State::State(const Policy& initial, const base::Now& start, std::uint64_t seed, SpillStore* spills)
    : now_(start), prng_(seed), start_(start), epoch_(epoch_of(initial.broker_id, start.wall)) {
    settling_.ends_at = start.mono + initial.settle;
    spilling_.store = spills;
    set_policy(initial);
    timers_.arm(settling_.ends_at, Timer(Timer::Kind::Settled));
    timers_.arm(start.mono + initial.session_idle, Timer(Timer::Kind::Sessions));
    timers_.arm(start.mono + kResultsPause, Timer(Timer::Kind::Results));
}

void State::set_policy(const Policy& changed) {
    const std::vector<GroupPolicy> groups_before = std::move(policy.groups);
    policy = changed;
    lanes_.block_jobs = std::max<std::size_t>(policy.spill_jobs, 1);
    apply_service_policies();
    apply_limit_policies();
    apply_group_policies(groups_before);
    are_schedules_configured_ = false;  // with the next input, which can write facts
    consequences_.wait = true;
}

// What the configuration named before and names no more is a service like any other.
void State::apply_service_policies() {
    for (std::uint32_t slot = 0; slot < services_.map.slots(); ++slot) {
        const ServiceHandle handle = services_.map.handle_at(slot);
        if (handle.names_something()) {
            Service& service = services_.map.at(handle);
            service.declared = false;
            service.jobs_max = 0;
            service.defaults.reset();
        }
    }
    for (const ServicePolicy& settings : policy.services) {
        const auto name = model::ServiceName::parse(settings.name);
        if (!name) {
            continue;
        }
        const ServiceHandle known = services_.find(*name);
        Service& service = services_.map.at(known.names_something() ? known : services_.add(*name));
        service.declared = true;
        service.jobs_max = settings.jobs_max;
        if (settings.defaults != model::JobOptions{}) {
            service.defaults = std::make_unique<const model::JobOptions>(settings.defaults);
        }
    }
}

void State::apply_limit_policies() {
    const auto is_named = [&](std::string_view name) {
        return std::ranges::any_of(policy.limits_named, [&](const LimitSettings& settings) {
            return settings.name.view() == name;
        });
    };
    std::vector<LimitHandle> gone;
    for (const auto& [name, handle] : limits_.by_name) {
        if (limits_.map.at(handle).is_configured && !is_named(name)) {
            gone.push_back(handle);
        }
    }
    for (const LimitHandle handle : gone) {
        remove_limit(handle);
    }
    // Those that stay know when one started last.
    for (const LimitSettings& settings : policy.limits_named) {
        set_limit(settings, true);
    }
}

// Likewise: a group that the configuration names no more is what its jobs say.
void State::apply_group_policies(const std::vector<GroupPolicy>& before) {
    const auto configured = [&](const model::Label& name) -> bool* {
        Group* group = groups_.map.find(groups_.find(name.view()));
        return group != nullptr ? &group->is_configured : nullptr;
    };
    for (const GroupPolicy& settings : before) {
        if (bool* is_configured = configured(settings.name)) {
            *is_configured = false;
        }
    }
    for (const GroupPolicy& settings : policy.groups) {
        set_group(settings);
        *configured(settings.name) = true;
    }
    for (const GroupPolicy& settings : before) {
        if (const bool* is_configured = configured(settings.name);
            is_configured != nullptr && !*is_configured) {
            set_group({settings.name, 1, 0, base::Duration::zero()});
        }
    }
}

void State::begin(const base::Now& now, Effects& out) {
    now_ = now;
    out_ = &out;
    appends_.begin(out.appends);
}

void State::on(Tick& /*tick*/) {
    while (const auto timer = timers_.pop_due(now_.mono)) {
        switch (timer->kind) {
            case Timer::Kind::Job: on_job_timer(timer->of<Job>()); break;
            case Timer::Kind::Worker: on_worker_timer(timer->of<Worker>()); break;
            case Timer::Kind::Recall: on_recall_timer(timer->of<Worker>()); break;
            case Timer::Kind::Waiter: on_waiter_timer(timer->of<Waiter>()); break;
            case Timer::Kind::Question: on_question_timer(timer->of<OpenQuestion>()); break;
            case Timer::Kind::Group:
                groups_.map.at(timer->of<Group>()).timer = base::TimerHeap<Timer>::kNone;
                consequences_.opened_groups.push_back(timer->of<Group>());
                break;
            case Timer::Kind::Limit:
                limits_.map.at(timer->of<Limit>()).timer = base::TimerHeap<Timer>::kNone;
                consequences_.opened_limits.push_back(timer->of<Limit>());
                break;
            case Timer::Kind::Settled: on_settled(); break;
            case Timer::Kind::Sessions:
                submissions_.forget_silent(now_.mono - policy.session_idle);
                adopted_.clear();
                timers_.arm(now_.mono + policy.session_idle, Timer(Timer::Kind::Sessions));
                break;
            case Timer::Kind::Results:
                results_.forget_old(now_.mono);
                last_said_.forget_old(now_.mono);
                forget_old_batches();
                timers_.arm(now_.mono + kResultsPause, Timer(Timer::Kind::Results));
                break;
            case Timer::Kind::Drain: break;  // settle_consequences() looks at the time
        }
    }
    const base::MonoTime wall{now_.wall.time_since_epoch()};
    while (const auto timer = wall_timers_.pop_due(wall)) {
        on_job_timer(timer->of<Job>());
    }
    if (!are_schedules_configured_) {
        configure_schedules();  // before what is due by an earlier configuration
    }
    run_schedules();
}

std::optional<base::MonoTime> State::next_deadline() const {
    if (!are_schedules_configured_ || (consequences_.wait && has_consequences())) {
        return now_.mono;
    }
    auto due = timers_.next_due();
    std::optional<base::WallTime> wall = schedules_.next_due();
    if (const auto job = wall_timers_.next_due()) {
        const base::WallTime at{job->time_since_epoch()};
        wall = wall ? std::min(*wall, at) : at;
    }
    if (wall && !draining_) {
        const base::Duration left = std::clamp(*wall - now_.wall, base::Duration{0}, kWallLook);
        due = std::min(due.value_or(base::MonoTime::max()), now_.mono + left);
    }
    return due;
}

void State::on(Durable& durable) {
    durable_seq_ = std::max(durable_seq_, durable.seq);
}

void State::on(JournalFailed& failed) {
    stopped_ = true;
    note(Severity::Error, "journal_failed", {{"why", failed.why}});
    out_->stops.push_back({failed.why, true});
}

void State::settle_consequences() {
    if (!are_schedules_configured_) {
        configure_schedules();
    }
    consequences_.wait = false;
    if (std::exchange(spilling_.refills, false)) {
        refill_all();
    }
    // Each may cause the others; every round ends at least one job's waiting.
    while (has_consequences()) {
        drop_dead_letters();
        settle_dependents();
        finish_batches();
        open_gates();
    }
    if (!spilling_.filled_blocks.empty()) {
        spill_filled_blocks();
    }
    if (!recalled_.empty()) {
        forget_recalled();
    }
    if (!lanes_.dropped.empty()) {
        drop_spills();
    }
    if (draining_ && !stopped_ && drain_is_over()) {
        finish_drain();
    }
}

bool State::has_consequences() const {
    return !consequences_.dependents.empty() || !consequences_.complete_batches.empty() ||
           !consequences_.opened_groups.empty() || !consequences_.opened_limits.empty() ||
           !consequences_.unparked.empty() || dead_.size() > policy.limits.dead_letters_max;
}

bool State::is_settled() const {
    return now_.mono >= settling_.ends_at;
}

// A draining broker runs what waits while somebody is there to run it.
bool State::drain_is_over() const {
    if (now_.mono >= drain_ends_) {
        return true;
    }
    if (active_ > 0) {
        return false;
    }
    for (std::uint32_t slot = 0; ready_ > 0 && slot < services_.queues.slots(); ++slot) {
        const QueueHandle handle = services_.queues.handle_at(slot);
        if (handle.names_something()) {
            const Queue& queue = services_.queues.at(handle);
            if (queue.workers > 0 && queue.size > 0 &&
                starts_jobs(mode_of(services_.map.at(queue.service)))) {
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
        if (job.sync && job.submission.session == 0 && job.state != model::JobState::Dead) {
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
    if (to.peer.value != 0) {
        out_->sends.push_back({to, std::move(what), after});
    }
}

Seq State::append(const Job& job, Record&& record) {
    return job.durable ? appends_.put(std::move(record)) : 0;
}

Announce* State::add_announce(const Job& job, model::EventKind kind, std::string_view detail) {
    Announce& event = out_->announces.emplace_back();
    event.kind = kind;
    event.job = job.id;
    event.service = name_of_service(job);
    event.attempt = job.attempt;
    if (const Worker* worker = workers_.map.find(job.worker)) {
        event.worker = worker->address.peer;
    }
    event.at = now_.wall;
    event.after = job.durable ? appends_.last() : 0;
    if (job.owner != kNobody) {
        event.owner = jobs_.owners.at(job.owner).name;
    }
    if (!detail.empty()) {
        event.more().detail = detail;
    }
    if (kind == model::EventKind::Progress) {
        event.more().done = job.progress_done;
        event.more().total = job.progress_total;
    }
    if (job.extras != nullptr) {
        if (JobNames names = names_of_few(job); !names.empty()) {
            event.more().names = std::move(names);
        }
    }
    return &event;
}

void State::note(Severity severity,
                 std::string_view event,
                 std::vector<std::pair<std::string, std::string>> fields,
                 Peer worker) {
    out_->notes.push_back({severity, std::string(event), std::move(fields), worker});
}

model::ServiceReport State::services() const {
    return list_services({});
}

std::optional<OwnerId> State::owner_of(std::string_view name) {
    return jobs_.owners.named(name);
}

void State::set_quota(OwnerId owner, const model::Quota& quota) {
    jobs_.owners.at(owner).quota = quota;
}

std::size_t State::waiting_and_running() const {
    return jobs_.map.size() + spilling_.stored_jobs - dead_.size();
}

std::size_t State::busy_queues() const {
    return lanes_.with_jobs;
}

}  // namespace steward::core
