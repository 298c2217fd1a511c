// broker/core: who waits for the result of a job beside the client of a sync one.
#include <utility>

#include "broker/core/state.hpp"

namespace steward::core {

using base::Errc;
using model::JobState;

namespace {

// Tells `tell(message)` what an attempt has said before now: its parts, then how far it is.
template <class Tell>
void tell_said(const Parts* parts,
               JobProgress&& progress,
               const model::ServiceName& service,
               std::uint64_t run,
               Tell&& tell) {
    for (std::size_t i = 0; parts != nullptr && i < parts->size(); ++i) {
        const Part& part = (*parts)[i];
        tell(JobPartial{
            progress.job, service, part.data, model::Encoding::Absent, {run, part.number}});
    }
    if (progress.done != 0 || progress.total != 0 || !progress.text.empty()) {
        tell(std::move(progress));
    }
}

// Of the running attempt.
template <class Tell>
void tell_so_far(const Job& job,
                 const model::ServiceName& service,
                 std::uint64_t run,
                 Tell&& tell) {
    const JobExtras* extras = job.extras.get();
    tell_said(extras != nullptr ? extras->parts.get() : nullptr,
              {job.id,
               job.progress_done,
               job.progress_total,
               extras != nullptr ? extras->progress_text : std::string()},
              service,
              run,
              tell);
}

// Of the last one; null: nothing. Pre: who asks may know how the job ended.
template <class Tell>
void tell_last(const LastSaid* said,
               const model::ServiceName& service,
               std::uint64_t run,
               Tell&& tell) {
    if (said != nullptr) {
        tell_said(said->parts.get(),
                  {said->job, said->progress_done, said->progress_total, said->progress_text},
                  service,
                  run,
                  tell);
    }
}

}  // namespace

std::optional<base::Error> State::lack_of_waiters(const Job* job) const {
    const model::Limits& limits = policy.limits;
    if (waiters_.size() >= limits.waiters_max) {
        return base::Error{Errc::TooManyWaiters,
                           std::to_string(waiters_.size()) +
                               " requests wait for results, as many as [limits] waiters_max allows",
                           std::chrono::seconds(1)};
    }
    if (job != nullptr && job->extras != nullptr &&
        job->extras->waiters.size() >= limits.waiters_per_job_max) {
        return base::Error{Errc::TooManyWaiters,
                           std::to_string(job->extras->waiters.size()) +
                               " requests wait for this job, as many as [limits] "
                               "waiters_per_job_max allows",
                           std::chrono::seconds(1)};
    }
    return std::nullopt;
}

void State::on(Await& await) {
    const auto tell = [&](auto&& message) {
        send(await.from, std::forward<decltype(message)>(message));
    };
    const LastSaid* said = await.follow ? last_said_.find(await.job, now_.mono) : nullptr;
    const JobHandle handle = find_job(await.job);
    if (handle.names_something() && await.asker.sees(jobs_.map.at(handle).owner)) {
        const Job& job = jobs_.map.at(handle);
        if (job.state == JobState::Dead) {
            tell_last(said, name_of_service(job), epoch_, tell);
            send(await.from,
                 JobResult{job.id,
                           name_of_service(job),
                           JobState::Dead,
                           job.text,
                           {},
                           model::Encoding::Absent},
                 job.durable ? appends_.last() : 0);
        } else if (await.wait <= base::Duration::zero()) {
            send(await.from, JobTaken{job.id, name_of_service(job)}, job.accepted_seq);
        } else if (auto error = lack_of_waiters(&job)) {
            refuse(await.from, {}, std::move(*error));
        } else {
            if (await.follow) {
                tell_so_far(job, name_of_service(job), epoch_, tell);
            }
            Waiter waiter;
            waiter.to = await.from;
            waiter.follows = await.follow;
            add_waiter(handle, std::move(waiter), await.wait);
        }
        return;
    }
    const std::optional<Ended> ended = results_.find(await.job, now_.mono);
    if (!ended || !await.asker.sees(ended->owner)) {
        refuse(await.from,
               {},
               {Errc::UnknownJob,
                "no job " + await.job.text() +
                    " is known: it never was, or its result is not kept (any more)",
                {}});
        return;
    }
    tell_last(said, ended->service, epoch_, tell);
    send(await.from,
         JobResult{ended->id,
                   ended->service,
                   ended->state,
                   std::string(ended->text.view()),
                   ended->result,
                   model::Encoding::Absent},
         ended->seq);
}

// `patience` zero: without end.
WaiterHandle State::add_waiter(JobHandle job, Waiter&& waiter, base::Duration patience) {
    const WaiterHandle handle = waiters_.emplace(std::move(waiter));
    Waiter& added = waiters_.at(handle);
    added.job = job;
    if (patience > base::Duration::zero()) {
        added.timer = timers_.arm(now_.mono + patience, {Timer::Kind::Waiter, handle});
    }
    jobs_.map.at(job).more().waiters.push_back(waiters_, handle);
    return handle;
}

void State::remove_waiter(WaiterHandle handle) {
    Waiter& waiter = waiters_.at(handle);
    timers_.cancel(waiter.timer);
    jobs_.map.at(waiter.job).extras->waiters.remove(waiters_, handle);
    waiters_.erase(handle);
}

void State::on_waiter_timer(WaiterHandle handle) {
    Waiter& waiter = waiters_.at(handle);
    waiter.timer = base::TimerHeap<Timer>::kNone;
    const Job& job = jobs_.map.at(waiter.job);
    send(waiter.to, JobTaken{job.id, name_of_service(job), waiter.is_duplicate}, job.accepted_seq);
    remove_waiter(handle);
}

// A submission that waits was sent again: over another connection than its answer would go to. Of
// two resends the one that is read last need not be of the newer connection, which alone still
// stands: the last two of them are told then. The number has one answer for whoever hears it.
void State::renew_waiter(JobHandle handle, const Submit& submit) {
    Job& job = jobs_.map.at(handle);
    Address* told = job.submission == submit.submission && job.sync ? &job.waiter : nullptr;
    Address* told_too = nullptr;
    WaiterHandle at = job.extras != nullptr ? job.extras->waiters.front() : WaiterHandle{};
    while (at.names_something() && told_too == nullptr) {
        Waiter& waiter = waiters_.at(at);
        if (waiter.submission == submit.submission) {
            if (!submit.spec.options.sync) {
                return remove_waiter(at);
            }
            (told == nullptr ? told : told_too) = &waiter.to;
        }
        at = waiter.next.next;
    }
    Address to = submit.from;
    if (told != nullptr) {
        std::swap(*told, to);
        if (to.peer == submit.from.peer || !submissions_.was_resent(submit.submission)) {
            return;  // no other resend was read before
        }
    }
    if (told_too != nullptr) {
        *told_too = to;
    } else if (submit.spec.options.sync && !lack_of_waiters(&job)) {
        Waiter waiter;
        waiter.to = to;
        waiter.submission = submit.submission;
        waiter.wanted = submit.spec.params.encoding;
        waiter.is_call = true;
        add_waiter(handle, std::move(waiter), base::Duration::zero());
    }
}

// Everybody who waits hears the end.
void State::tell_waiters(const Job& job,
                         const model::ServiceName& service,
                         const KeptResult& end,
                         Seq seq) {
    if (job.sync && job.waiter.peer.value != 0) {
        send(job.waiter,
             JobResult{job.id, service, end.state, end.text, end.result, job.params.encoding},
             seq);
    }
    while (job.extras != nullptr && !job.extras->waiters.empty()) {
        const WaiterHandle handle = job.extras->waiters.front();
        const Waiter& waiter = waiters_.at(handle);
        send(waiter.to,
             JobResult{job.id, service, end.state, end.text, end.result, waiter.wanted},
             seq);
        if (waiter.is_call && waiter.submission.session != 0) {
            submissions_.keep(waiter.submission, KeptResult(end), policy.limits);
        }
        remove_waiter(handle);
    }
}

void State::on(Partial& partial) {
    const auto held = held_by(partial.from, partial.form, partial.attempt);
    if (!held) {
        ++counters.late_results;
        return;
    }
    Job& job = jobs_.map.at(held->job);
    const model::PartNumber number =
        job.sync ? model::PartNumber() : model::PartNumber{epoch_, ++jobs_.parts.said};
    tell_callers(job, [&](model::Encoding wanted) {
        return JobPartial{job.id, name_of_service(job), partial.data, wanted, number};
    });
    if (job.sync) {
        return;  // its client is there from the start
    }
    std::unique_ptr<Parts>& parts = job.more().parts;
    if (parts == nullptr) {
        parts = std::make_unique<Parts>(jobs_.parts);
    }
    Part part{number.number, std::move(partial.data)};
    if (parts->make_room(part.bytes(), policy.limits)) {
        last_said_.make_room(part.bytes(), policy.limits);
        parts->keep(std::move(part), policy.limits);
    }
}

void State::on(Progress& progress) {
    const auto held = held_by(progress.from, progress.form, progress.attempt);
    if (!held) {
        ++counters.late_results;
        return;
    }
    Job& job = jobs_.map.at(held->job);
    job.progress_done = progress.done;
    job.progress_total = progress.total;
    announce(job, model::EventKind::Progress, progress.text);
    if (!progress.text.empty() || job.extras != nullptr) {
        job.more().progress_text = progress.text;
    }
    tell_callers(job, [&](model::Encoding /*wanted*/) {
        return JobProgress{job.id, progress.done, progress.total, progress.text};
    });
}

// Sends what `make(encoding)` gives to all who follow the job: its sync clients, and whoever asked.
template <class Make>
void State::tell_callers(const Job& job, Make&& make) {
    if (job.sync && job.waiter.peer.value != 0) {
        send(job.waiter, make(job.params.encoding));
    }
    if (job.extras == nullptr) {
        return;
    }
    for (WaiterHandle at = job.extras->waiters.front(); at.names_something();) {
        const Waiter& waiter = waiters_.at(at);
        if (waiter.is_call || waiter.follows) {
            send(waiter.to, make(waiter.wanted));
        }
        at = waiter.next.next;
    }
}

}  // namespace steward::core
