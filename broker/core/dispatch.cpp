// broker/core: which worker gets which job, and how much a worker is given ahead of time.
#include <algorithm>

#include "broker/core/state.hpp"

namespace steward::core {

using model::EventKind;
using model::JobState;
using Room = Worker::Room;

namespace {

// So many jobs ahead are not topped up one by one: a worker that had all it may is given more once
// half of that is left, in one message instead of hundreds.
constexpr std::size_t kLotLeast = 64;

// Small params, on the average, that a worker holds for each slot and more ahead: a lot that is
// copied from here to there in a larger piece has left the caches each time. Few large ones fill
// them anyway.
constexpr std::size_t kManySmallMax = 256UL << 10U;
constexpr std::size_t kSmallBytes = 4UL << 10U;

// Run times up to this, in microseconds, are multiplied with a credit without overflow: quick
// workers are asked what they may hold too often for a division.
constexpr std::size_t kQuick = 1'000'000;

// Of what a worker may be given ahead, the part that it gets at once while others are free.
constexpr int kLotPart = 4;

// Of jobs that come in together, a worker that holds many is given as many in a row as this part of
// them: whose turn it is need not be asked for each, and the last waits hardly longer than the
// first.
constexpr std::size_t kRowPart = 16;

bool has_free_worker(const WorkerTable& workers, const Queue& queue) {
    return std::ranges::any_of(queue.crews, [&](const ServingCrew& serving) {
        return !workers.crews.at(serving.crew).free.empty();
    });
}

// Of a worker that may hold `most`; while it waits for a lot, of half of that.
bool has_room(const Worker& worker,
              std::size_t most,
              const model::Limits& limits,
              bool waits_for_lot = false) {
    const std::size_t held = worker.held.size();
    const std::size_t slots = worker.slots();
    const std::size_t part = waits_for_lot ? 2 : 1;
    const bool are_small = worker.held_bytes <= held * kSmallBytes;
    const std::size_t small_max = kManySmallMax / part * slots;
    const std::size_t bytes_max =
        are_small ? std::min(limits.ahead_bytes_max, small_max) : limits.ahead_bytes_max;
    return held < slots || (held < (most + part - 1) / part && worker.held_bytes < bytes_max);
}

// Of one of its jobs. Pre: it is known.
base::Duration run_time_of(const Worker& worker) {
    return std::max(worker.run_time, base::Duration{1});
}

// What the worker lacks of its lot, as work. Pre: its run time is known.
base::Duration lacking_of_lot(const Worker& worker, const Crew& crew, base::Duration ahead) {
    const base::Duration lot = std::min(crew.hand_over, ahead / kLotPart);
    return lot - static_cast<base::Duration::rep>(worker.held.size()) * run_time_of(worker);
}

// How many more it gets: what it lacks of its lot; or, where nobody is free, as much as hardly
// changes what it holds. Pre: it is given ahead, so its run time is known.
std::size_t jobs_in_row(const Worker& worker, const Crew& crew, base::Duration ahead) {
    const base::Duration lacking = lacking_of_lot(worker, crew, ahead);
    if (lacking > base::Duration::zero()) {
        const base::Duration each = run_time_of(worker);
        return static_cast<std::size_t>((lacking + each - base::Duration{1}) / each);
    }
    return crew.free.empty() ? worker.held.size() / kRowPart : 0;
}

// Whether its turn lasts as long as it has jobs, and each may start once the first may.
bool goes_on_alone(const Lane& lane, const Service& service) {
    return !lane.group.names_something() && lane.level->turns.size() == 1 && service.limits.empty();
}

}  // namespace

// A lane whose first job may start, and whose it is; names nothing: there is none.
struct State::Next {
    LaneHandle lane;
    Queue* queue = nullptr;
    Service* service = nullptr;
    std::size_t index = 0;  // among its crew's queues
};

// Hands out what waits in a queue while somebody has room. Afterwards, when jobs still wait that
// may start, no worker of the queue has a free slot.
void State::dispatch_queue(QueueHandle handle) {
    for (;;) {
        const WorkerHandle worker = pick_worker(services_.queues.at(handle));
        if (!worker.names_something()) {
            return;
        }
        const Next next = next_lane(handle);
        if (!next.lane.names_something()) {
            return;
        }
        assign(next.lane, worker);
        take_turn(worker, true);
    }
}

void State::dispatch_queues(const std::vector<QueueHandle>& queues) {
    for (const QueueHandle queue : queues) {
        dispatch_queue(queue);
    }
}

// Gives a worker that has got room what waits for its queues.
void State::feed_worker(WorkerHandle handle) {
    take_turn(handle, false);
    const Worker& worker = workers_.map.at(handle);
    if (worker.room == Room::None) {
        return;
    }
    Crew& crew = workers_.crews.at(worker.crew);
    const std::size_t most = may_hold(worker);
    bool is_given = false;
    while (has_room(worker, most, policy.limits) && assign_next(crew, handle, most)) {
        is_given = true;
    }
    if (is_given) {
        take_turn(handle, true);
    }
}

// Tells the crews that serve several queues that this one may have a next job.
void State::list_turn(QueueHandle handle) {
    const Queue& queue = services_.queues.at(handle);
    const Level* level = queue.levels.front();
    if (level == nullptr) {
        return;
    }
    for (const ServingCrew& serving : queue.crews) {
        Crew& crew = workers_.crews.at(serving.crew);
        if (crew.queues.size() > 1) {
            crew.turns.list(serving.index, level->priority);
        }
    }
}

// The lane whose first job may start now; what may not is parked on the way.
State::Next State::next_lane(QueueHandle handle) {
    Queue& queue = services_.queues.at(handle);
    if (queue.size == 0 || queue.parked_at.names_something()) {
        return {};
    }
    Service& service = services_.map.at(queue.service);
    if (!starts_jobs(mode_of(service))) {
        return {};
    }
    for (const LimitHandle limit : service.limits) {
        if (!limits_.map.at(limit).gate.is_open(now_.mono)) {
            park_queue(handle, limit);
            return {};
        }
    }
    for (;;) {
        const LaneHandle lane = LaneTable::front(queue);
        if (!lane.names_something()) {
            return {};
        }
        const GroupHandle group = lanes_.map.at(lane).group;
        if (!group.names_something() || groups_.map.at(group).gate.is_open(now_.mono)) {
            return {lane, &queue, &service};
        }
        park_lane(queue, lane);
    }
}

// The longest-waiting worker with a free slot, and at one instant the same until it has a lot; else
// the one whose turn it is to be given ahead.
WorkerHandle State::pick_worker(const Queue& queue) {
    WorkerHandle best;
    bool may_be_ahead = false;
    for (const ServingCrew& serving : queue.crews) {
        const Crew& crew = workers_.crews.at(serving.crew);
        if (crew.is_full()) {
            continue;
        }
        may_be_ahead = true;
        if (crew.given_last_at == now_.mono && lacks_of_lot(serving.crew, crew)) {
            return crew.given_last;
        }
        const WorkerHandle first = crew.free.front();
        if (first.names_something() &&
            (!best.names_something() ||
             workers_.map.at(first).turn_number < workers_.map.at(best).turn_number)) {
            best = first;
        }
    }
    if (best.names_something() || !may_be_ahead) {
        return best;
    }
    for (const ServingCrew& serving : queue.crews) {
        WorkerList& ahead = workers_.crews.at(serving.crew).ahead;
        while (!ahead.empty()) {
            const WorkerHandle first = ahead.front();
            const Worker& worker = workers_.map.at(first);
            if (may_be_given_ahead(worker)) {
                return first;
            }
            take_turn(first, false);  // has been slow meanwhile: no more for it
        }
    }
    return {};
}

// Whether the worker that was given a job last should have the next one too, be others free or not:
// to wake another takes longer than the jobs it has got. Nothing waits longer than twice for that:
// a lot is as much work as the hand-over takes anyway, which is much where processors are few for
// so many workers, and little where another would start at once.
bool State::lacks_of_lot(CrewHandle handle, const Crew& crew) const {
    const Worker* worker = workers_.map.find(crew.given_last);
    if (worker == nullptr || worker->crew != handle || worker->room == Room::None ||
        worker->run_time < base::Duration::zero()) {
        return false;
    }
    return lacking_of_lot(*worker, crew, policy.ahead) > base::Duration::zero() &&
           may_be_given_ahead(*worker);
}

// The worker that the next job of a run goes to, if it may begin; names nothing: nobody has room.
WorkerHandle State::pick_in_row(const Queue& queue, Row& row) {
    const CrewHandle only = queue.crews.only();
    if (only.names_something()) {
        if (only == row.full) {
            return {};
        }
        if (row.left > 0 && only == row.crew && workers_.map.at(row.worker).room == Room::Ahead) {
            return row.worker;
        }
    }
    row.left = 0;
    const WorkerHandle picked = pick_worker(queue);
    row.full = picked.names_something() ? row.full : only;
    row.crew = only;
    row.worker = picked;
    return picked;
}

// It was given one.
void State::go_on_in_row(Row& row, std::size_t jobs_left) {
    const Worker& worker = workers_.map.at(row.worker);
    const bool is_in_row = row.left > 0;
    if (is_in_row && --row.left > 0 && has_room(worker, row.most, policy.limits)) {
        return;
    }
    row.left = 0;
    take_turn(row.worker, true);
    if (!is_in_row && jobs_left > kRowPart && row.crew.names_something() &&
        worker.room == Room::Ahead) {
        const Crew& crew = workers_.crews.at(row.crew);
        row.left = jobs_in_row(worker, crew, policy.ahead);
        row.most = may_hold(worker);
    }
}

// The worker has told how some of its jobs ended. It may be idle now: then its crew learns how long
// it had them beyond the time that it worked on them.
void State::go_on(WorkerHandle handle) {
    if (part_when_done(handle)) {
        return;
    }
    const Worker& worker = workers_.map.at(handle);
    if (worker.held.empty() && worker.worked > base::Duration::zero() &&
        worker.crew.names_something()) {
        Crew& crew = workers_.crews.at(worker.crew);
        const base::Duration sample = std::clamp(
            now_.mono - worker.busy_since - worker.worked, base::Duration::zero(), policy.ahead);
        crew.hand_over += (sample - crew.hand_over) / 8;
    }
    feed_worker(handle);
}

// Gives a worker the first job of the queue of its crew whose turn it is, and those behind it,
// while it holds less than `most`, where nothing else could come between. False: there is none.
bool State::assign_next(Crew& crew, WorkerHandle worker, std::size_t most) {
    const Next next = next_turn(crew);
    if (!next.lane.names_something()) {
        return false;
    }
    if (goes_on_alone(lanes_.map.at(next.lane), *next.service)) {
        const bool do_others_wait = !crew.turns.empty();
        assign_lot(next, worker, do_others_wait ? 1 : SIZE_MAX, most);
    } else {
        assign(next.lane, worker);
    }
    const Level* level = next.queue->levels.front();
    if (level != nullptr && crew.queues.size() > 1) {
        crew.turns.list(next.index, level->priority);
    }
    return true;
}

// Of the crew's queues.
State::Next State::next_turn(Crew& crew) {
    if (crew.queues.size() == 1) {
        return next_lane(crew.queues.front());
    }
    Next next;
    const std::size_t index = crew.turns.take([&](std::size_t at, std::int32_t& priority) {
        next = next_lane(crew.queues[at]);
        if (!next.lane.names_something()) {
            return false;
        }
        priority = next.queue->levels.front()->priority;
        return true;
    });
    next.index = index;
    return next;
}

// Gives the worker the first job of the lane. Pre: the lane's turn has come; the worker has room.
// The caller ends the worker's turn.
void State::assign(LaneHandle lane, WorkerHandle worker_handle) {
    const JobHandle handle = lanes_.first_job(lane);
    const Group* group = groups_.map.find(lanes_.map.at(lane).group);
    lanes_.spend_turn(lane, group != nullptr ? group->weight : 1);
    Job& job = jobs_.map.at(handle);
    cancel_job_timer(job);
    unlink_ready(handle, job, services_.map.at(job.service));
    start_attempt(handle, job, worker_handle, workers_.map.at(worker_handle));
}

// The same with those behind it, `lot` in all, while the worker holds less than `most`.
// Pre: goes_on_alone() too.
void State::assign_lot(const Next& next, WorkerHandle by, std::size_t lot, std::size_t most) {
    const Lane& lane = lanes_.map.at(next.lane);
    const std::size_t stay = lane.spilled == 0 ? 0 : few_jobs() + 1;  // others come up before
    if (stay > 0 && lanes_.blocks.at(lane.blocks.front()).size <= stay) {
        assign(next.lane, by);
        return;
    }
    Worker& worker = workers_.map.at(by);
    const std::size_t given =
        lanes_.pop(*next.queue, jobs_.map, next.lane, stay, [&](JobHandle handle, Job& job) {
            cancel_job_timer(job);
            announce(job, EventKind::Dequeued);
            start_attempt(handle, job, by, worker);
            return --lot > 0 && has_room(worker, most, policy.limits);
        });
    next.service->ready -= given;
    ready_ -= given;
}

// The job is the worker's. Pre: it is in no list; the worker has room. The caller ends its turn.
void State::start_attempt(JobHandle handle, Job& job, WorkerHandle worker_handle, Worker& worker) {
    Service& service = services_.map.at(job.service);
    ++job.attempt;
    ++counters.started;
    job.expires = base::MonoTime::max();  // it is being started in time
    job.fate = AttemptFate::Open;
    if (job.durable) {
        appends_.put_started({job.id, job.attempt}, now_.wall);
    }
    job.worker = worker_handle;
    announce(job, EventKind::DelegateStart);
    hold(worker, handle, job, service);
    send_assign(job, service, worker);
}

// In its place among the effects: nothing is sent as often.
void State::send_assign(const Job& job, const Service& service, const Worker& worker) {
    const bool is_gated = job.extras != nullptr && job.extras->starts_once;
    out_->sends.emplace_back(worker.address,
                             Assign{{job.id, job.attempt},
                                    service.name,
                                    job.params,
                                    job.time_limit,
                                    job.submission,
                                    job.meta,
                                    shown_to_worker(job)},
                             is_gated ? job.accepted_seq : 0);
}

// Null when there is nothing beside the defaults.
std::unique_ptr<const model::JobOptions> State::shown_to_worker(const Job& job) const {
    const model::Label& channel = services_.queues.at(job.queue).channel;
    if (job.extras == nullptr && job.priority == model::kPriorityNormal && channel.empty()) {
        return nullptr;
    }
    auto shown = std::make_unique<model::JobOptions>();
    shown->channel = channel;
    if (job.priority != model::kPriorityNormal) {
        shown->priority = job.priority;
    }
    if (job.extras != nullptr) {
        shown->context = job.extras->context;
        shown->batch = job.extras->ends_batch;
        if (const Group* group = groups_.map.find(job.extras->group)) {
            shown->group = group->name;
        }
        if (const Batch* batch = batches_.map.find(job.extras->batch)) {
            shown->batch = batch->name;
        }
        if (job.extras->memory_limit != 0) {
            shown->memory_limit = job.extras->memory_limit;
        }
    }
    return shown;
}

// Enters the job into what the worker holds. Pre: the job is in no list, `job.worker` is the
// worker's handle.
void State::hold(Worker& worker, JobHandle handle, Job& job, Service& service) {
    job.state = JobState::Active;
    job.given_at = now_.mono;
    ++service.active;
    ++active_;
    if (job.extras != nullptr) {
        key_on_start(handle);
    }
    enter_gates(job, service);
    if (worker.held.empty()) {
        worker.busy_since = now_.mono;
        worker.worked = {};
    }
    worker.held.push_back(jobs_.map, handle);
    worker.held_bytes += job.params.bytes.size();
    if (worker.running < worker.slots() && !worker.first_ahead.names_something()) {
        run_held(job, worker);
        return;
    }
    if (!worker.first_ahead.names_something()) {
        worker.first_ahead = handle;
    }
    if (worker.recall_timer == base::TimerHeap<Timer>::kNone) {
        worker.recall_timer = timers_.arm(now_.mono + std::max(policy.ahead, base::Duration{1000}),
                                          {Timer::Kind::Recall, job.worker});
    }
}

// The worker starts on it now, as far as the broker can tell: its time runs.
void State::run_held(Job& job, Worker& worker) {
    job.running = true;
    job.started_at = now_.wall;
    if (!job.stopping) {
        job.deadline = now_.mono + job.time_limit;
    }
    announce(job, EventKind::ExecuteStart);
    if (job.ready_at != kNotWaiting) {  // once: what its worker brought back has begun before
        services_.map.at(job.service).count_wait(now_.mono - job.ready_at);
        job.ready_at = kNotWaiting;
    }
    ++worker.running;
    if (job.deadline < worker.next_deadline) {
        worker.next_deadline = job.deadline;
        arm_worker_timer(job.worker);
    }
}

// A slot of the worker may have become free: what it was given ahead comes to run.
void State::promote_ahead(Worker& worker) {
    while (worker.running < worker.slots() && worker.first_ahead.names_something()) {
        Job& job = jobs_.map.at(worker.first_ahead);
        worker.first_ahead = job.place.next;
        run_held(job, worker);
    }
}

// A worker without a free slot may be given more ahead of time while it holds less than it may.
// Nothing ahead while it holds much: quick jobs with large params would fill its connection.
bool State::may_be_given_ahead(const Worker& worker) const {
    const std::size_t slots = worker.slots();
    const std::size_t held = worker.held.size();
    if (held < slots) {
        return true;
    }
    const bool waits_for_lot = worker.room == Room::None && held - slots >= kLotLeast;
    const std::size_t most = may_hold(worker);
    return has_room(worker, most, policy.limits, waits_for_lot);
}

// Jobs that run in its slots, and what it will eat in Policy::ahead going by its measured run
// times, or by how long it has been at its present job if that is longer.
std::size_t State::may_hold(const Worker& worker) const {
    const std::size_t slots = worker.slots();
    if (worker.run_time < base::Duration::zero()) {
        return slots;
    }
    base::Duration run_time = run_time_of(worker);
    if (!worker.held.empty()) {
        const Job& oldest = jobs_.map.at(worker.held.front());
        run_time = std::max(run_time, now_.mono - (oldest.deadline - oldest.time_limit));
    }
    const std::size_t most = std::min<std::size_t>(worker.credit_max, policy.limits.credit_max);
    if (most <= slots) {
        return slots;
    }
    const auto time = slots * static_cast<std::size_t>(policy.ahead.count());
    const auto each = static_cast<std::size_t>(run_time.count());
    const bool is_quick = each <= kQuick && each * (most - slots) <= time;
    return is_quick ? most : std::min(slots + time / each, most);
}

// Puts the worker where its crew looks for it; `at_end` when it has just been given jobs.
void State::take_turn(WorkerHandle handle, bool at_end) {
    Worker& worker = workers_.map.at(handle);
    if (at_end) {
        Crew& crew = workers_.crews.at(worker.crew);
        crew.given_last = handle;
        crew.given_last_at = now_.mono;
    }
    Room room = Room::None;
    if (!worker.leaving && worker.crew.names_something()) {
        room = worker.held.size() < worker.slots() ? Room::Free
               : may_be_given_ahead(worker)        ? Room::Ahead
                                                   : Room::None;
    }
    if (room == worker.room && !(at_end && room != Room::None)) {
        return;
    }
    if (room == worker.room && !worker.turn.next.names_something()) {  // is the last already
        worker.turn_number = ++turns_;
        return;
    }
    if (worker.room != Room::None) {
        Crew& crew = workers_.crews.at(worker.crew);
        (worker.room == Room::Free ? crew.free : crew.ahead).remove(workers_.map, handle);
    }
    worker.room = room;
    if (room != Room::None) {
        Crew& crew = workers_.crews.at(worker.crew);
        (room == Room::Free ? crew.free : crew.ahead).push_back(workers_.map, handle);
        worker.turn_number = ++turns_;
    }
}

// The worker still has jobs it was given ahead. Those that have waited longer than they should are
// asked back if somebody else is free for them.
void State::on_recall_timer(WorkerHandle handle) {
    Worker& worker = workers_.map.at(handle);
    worker.recall_timer = base::TimerHeap<Timer>::kNone;
    Recall recall;
    JobHandle at = worker.first_ahead;
    QueueHandle asked;
    bool somebody_is_free = false;
    while (at.names_something()) {
        Job& job = jobs_.map.at(at);
        if (now_.mono - job.given_at < policy.ahead) {
            break;  // nor have those behind it: they are in the order given
        }
        if (asked != job.queue) {
            asked = job.queue;
            somebody_is_free = has_free_worker(workers_, services_.queues.at(asked));
        }
        if (!job.recalled && somebody_is_free) {
            job.recalled = true;
            recall.attempts.push_back({job.id, job.attempt});
        }
        at = job.place.next;
    }
    if (!recall.attempts.empty()) {
        send(worker.address, std::move(recall));
    }
    if (worker.first_ahead.names_something()) {
        worker.recall_timer = timers_.arm(now_.mono + std::max(policy.ahead, base::Duration{1000}),
                                          {Timer::Kind::Recall, handle});
    }
}

}  // namespace steward::core
