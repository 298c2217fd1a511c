// broker/core: taking jobs in: resends, refusals, the settling time after a start.
#include <algorithm>

#include "broker/core/state.hpp"
#include "broker/core/words.hpp"

namespace steward::core {
namespace {

using namespace std::chrono_literals;
using base::Errc;

constexpr base::Duration kRetryAfter = 1s;
constexpr base::Duration kStoppedRetryAfter = 30s;

}  // namespace

void State::on(Acknowledge& acknowledge) {
    submissions_.acknowledge(acknowledge.session, acknowledge.below, now_.mono, policy.limits);
}

void State::on(Submit& submit) {
    const bool resendable = submit.submission.session != 0;
    const bool is_resend = resendable && submit.again;
    const auto note_answered = [&, id = submit.submission] {
        const auto found = submissions_.open(id, now_.mono, policy.limits);
        if (found.submission != nullptr && found.submission->seen()) {
            found.submission->resent = true;
        }
    };
    if (resendable) {
        const auto found = submissions_.open(submit.submission, now_.mono, policy.limits);
        if (found.place == SubmissionTable::Place::Acknowledged) {
            return;  // the client has had its answer
        }
        if (found.place == SubmissionTable::Place::BeyondWindow) {
            refuse(submit.from,
                   submit.spec.service.view(),
                   {Errc::TooManyInFlight,
                    "this client has " + std::to_string(policy.limits.in_flight_max) +
                        " unacknowledged submissions, as many as [limits] in_flight_max allows",
                    kRetryAfter});
            return;
        }
        if (found.submission->seen()) {
            ++counters.resends;
            if (answer_resend(submit, *found.submission)) {
                found.submission->resent = found.submission->resent || submit.again;
                return;
            }
        }
        if (submit.again && claim_adopted(submit)) {
            ++counters.resends;
            note_answered();
            return;
        }
        if (submit.again && !is_settled()) {
            wait_until_settled(submit);
            return;
        }
    }
    admit(submit);
    if (is_resend) {
        note_answered();
    }
}

// True when the submission is known and was answered. A sync job whose result is not kept any more
// is run again: at least once.
bool State::answer_resend(const Submit& submit, const Submission& submission) {
    const JobHandle handle = find_job(submission.job);
    if (!submit.spec.options.sync) {
        // Whoever waited for the result under this number is told the id instead; not by the older
        // one, come late over a connection that has gone.
        if (handle.names_something() && submit.spec.options.wait && submit.again) {
            renew_waiter(handle, submit);
        }
        // That it was a duplicate is known as long as the other's job is.
        const bool is_duplicate =
            handle.names_something() && jobs_.map.at(handle).submission != submit.submission;
        send(submit.from,
             JobTaken{submission.job, submit.spec.service, is_duplicate},
             submission.accepted_seq);
        return true;
    }
    if (handle.names_something() && jobs_.map.at(handle).state != model::JobState::Dead) {
        // Not marked as a resend it is the older one, come late over a connection that has gone.
        if (submit.again) {
            renew_waiter(handle, submit);
        }
        return true;
    }
    if (submission.kept != nullptr) {
        const KeptResult& kept = *submission.kept;
        send(submit.from,
             JobResult{submission.job,
                       kept.service,
                       kept.state,
                       kept.text,
                       kept.result,
                       submit.spec.params.encoding});
        return true;
    }
    return false;
}

void State::wait_until_settled(Submit& submit) {
    if (settling_.submits.size() >= policy.limits.in_flight_max) {
        refuse(submit.from,
               submit.spec.service.view(),
               {Errc::TooManyJobs,
                "the broker has just started and still waits for its workers; " +
                    std::to_string(settling_.submits.size()) +
                    " submissions wait with it, as many as [limits] in_flight_max allows",
                settling_.ends_at - now_.mono});
        return;
    }
    const std::size_t bytes = submit.spec.params.bytes.size();
    if (jobs_.payload_bytes() + settling_.bytes + bytes > policy.limits.payload_bytes_total_max) {
        base::Error error = lack_of_payload_room();
        error.retry_after = settling_.ends_at - now_.mono;
        refuse(submit.from, submit.spec.service.view(), std::move(error));
        return;
    }
    settling_.bytes += bytes;
    settling_.submits.push_back(std::move(submit));
}

// A worker has announced the service: first-time submissions for it need not wait any longer.
void State::admit_waiting_for(const model::ServiceName& service) {
    std::vector<Submit> waiting;
    std::erase_if(settling_.submits, [&](Submit& submit) {
        if (submit.again || submit.spec.service != service) {
            return false;
        }
        settling_.bytes -= submit.spec.params.bytes.size();
        waiting.push_back(std::move(submit));
        return true;
    });
    for (Submit& submit : waiting) {
        admit(submit);
    }
}

void State::on_settled() {
    end_orphans();
    spilling_.refills = true;
    std::vector<Submit> waiting = std::exchange(settling_.submits, {});
    settling_.bytes = 0;
    for (Submit& submit : waiting) {
        on(submit);  // at once: whoever still ran it has come back by now
    }
}

void State::admit(Submit& submit) {
    const ServiceHandle existing = services_.find(submit.spec.service);
    const bool known = existing.names_something() && services_.map.at(existing).known();
    if (!known && submit.unknown == UnknownService::RefuseOnceSettled && !is_settled()) {
        wait_until_settled(submit);
        return;
    }
    const auto give_up = [&](base::Error error) {
        refuse(submit.from, submit.spec.service.view(), std::move(error));
    };
    if (auto error = refusal(submit, services_.map.find(existing))) {
        return give_up(std::move(*error));
    }
    model::JobOptions& options = submit.spec.options;
    if (existing.names_something()) {
        apply_defaults(options, services_.map.at(existing));
    }
    if (options.is_unique() && join_duplicate(submit)) {
        return;
    }
    if (auto error = lack_of_room(submit, services_.map.find(existing))) {
        return give_up(std::move(*error));
    }
    if (!options.after.empty()) {
        auto unmet = unmet_of(options.after, submit.asker);
        if (!unmet) {
            return give_up(std::move(unmet.error()));
        }
        options.after = *std::move(unmet);
    }
    const ServiceHandle service =
        existing.names_something() ? existing : service_for(submit.spec.service);
    const QueueHandle queue =
        service.names_something() ? queue_for(service, options.channel) : QueueHandle{};
    if (!queue.names_something()) {
        return give_up({Errc::TooManyServices,
                        "the broker knows " + std::to_string(services_.size()) +
                            " services and channels of services, as many as [limits] services_max "
                            "allows",
                        kRetryAfter});
    }
    const bool somebody_may_come =
        services_.map.at(service).announced || services_.map.at(service).declared;
    if (!somebody_may_come && submit.unknown == UnknownService::Hold && !options.expires_in) {
        options.expires_in = policy.unknown_service_hold;
    }
    const JobHandle handle = create_job(submit, queue, {});
    const Job& job = jobs_.map.at(handle);
    if (!options.sync && options.wait && *options.wait > base::Duration::zero()) {
        Waiter waiter;
        waiter.to = submit.from;
        waiter.submission = submit.submission;
        waiter.wanted = job.params.encoding;
        add_waiter(handle, std::move(waiter), *options.wait);
    } else if (!options.sync) {
        send(submit.from, JobTaken{job.id, std::move(submit.spec.service)}, job.accepted_seq);
    }
    begin_waiting(handle);
}

// Why no such job is taken at all. `service` of these two: null when there is none of its name.
std::optional<base::Error> State::refusal(const Submit& submit, const Service* service) const {
    const std::string_view name = submit.spec.service.view();
    if (draining_) {
        return base::Error{Errc::Draining, "the broker is shutting down", kRetryAfter};
    }
    if (submit.spec.service.is_reserved()) {
        return base::Error{
            Errc::ReservedName, "the service name " + quoted(name) + " belongs to the broker", {}};
    }
    if (submit.unknown != UnknownService::Hold && (service == nullptr || !service->known())) {
        return base::Error{Errc::UnknownService,
                           "no worker has announced the service " + quoted(name) +
                               ", no job waits for it and no [[service]] in the configuration "
                               "names it",
                           {}};
    }
    const Mode mode = service != nullptr ? mode_of(*service) : mode_;
    if (!takes_jobs(mode)) {
        return base::Error{Errc::ServiceStopped,
                           "the service " + quoted(name) + " is " + std::string(name_of(mode)) +
                               " and takes no jobs until an operator enables or resumes it",
                           kStoppedRetryAfter};
    }
    return std::nullopt;
}

// Which bound a further job would pass, or which name it gives that is not there.
std::optional<base::Error> State::lack_of_room(const Submit& submit, const Service* service) const {
    const model::Limits& limits = policy.limits;
    const model::JobOptions& options = submit.spec.options;
    const std::string_view name = submit.spec.service.view();
    if (service != nullptr) {
        const bool has_own = service->jobs_max != 0;
        const std::size_t most = has_own ? service->jobs_max : limits.jobs_per_service_max;
        if (service->jobs() >= most) {
            return base::Error{
                Errc::QueueFull,
                "the service " + quoted(name) + " has " + std::to_string(service->jobs()) +
                    " jobs, as many as " +
                    (has_own ? "its [[service]] jobs_max" : "[limits] jobs_per_service_max") +
                    " allows",
                kRetryAfter};
        }
    }
    if (waiting_and_running() >= limits.jobs_max) {
        return base::Error{Errc::TooManyJobs,
                           "the broker holds " + std::to_string(waiting_and_running()) +
                               " jobs, as many as [limits] jobs_max allows",
                           kRetryAfter};
    }
    if (jobs_.payload_bytes() + submit.spec.params.bytes.size() > limits.payload_bytes_total_max) {
        return lack_of_payload_room();
    }
    if (!jobs_.owners.has_room(submit.asker.owner, submit.spec.params.bytes.size(), now_.mono)) {
        return over_quota(submit.asker.owner, submit.spec.params.bytes.size());
    }
    if (!options.group.empty() && !has_room_for_group(options.group)) {
        return base::Error{Errc::TooManyNames,
                           "the broker knows " + std::to_string(groups_.map.size()) +
                               " groups, as many as [limits] groups_max allows",
                           kRetryAfter};
    }
    if (!options.batch.empty()) {
        if (auto error = batch_fault(submit.asker.owner, options.batch)) {
            return error;
        }
    }
    return options.wait ? lack_of_waiters(nullptr) : std::nullopt;
}

base::Error State::lack_of_payload_room() const {
    return {Errc::TooManyJobs,
            "the params of all jobs take " +
                std::to_string(jobs_.payload_bytes() + settling_.bytes) +
                " bytes; this one would pass [limits] payload_bytes_total_max",
            kRetryAfter};
}

// Pre: it has no room.
base::Error State::over_quota(OwnerId id, std::size_t bytes) const {
    const Owner& owner = jobs_.owners.at(id);
    const model::Quota& quota = owner.quota;
    std::string whose = "the key ";
    whose += quoted(owner.name.view());
    if (quota.jobs_max != 0 && owner.jobs >= quota.jobs_max) {
        return {Errc::OverQuota,
                whose + " has " + std::to_string(owner.jobs) +
                    " jobs waiting, running and dead, as many as its jobs_max allows",
                kRetryAfter};
    }
    if (quota.bytes_max != 0 && owner.bytes + bytes > quota.bytes_max) {
        return {Errc::OverQuota,
                whose + " has jobs with " + std::to_string(owner.bytes) +
                    " bytes of params; this one would pass its bytes_max of " +
                    std::to_string(quota.bytes_max),
                kRetryAfter};
    }
    return {Errc::OverQuota,
            whose + " submits faster than its submits_per_second of " +
                std::to_string(quota.submits_per_second) + " allows",
            OwnerTable::wait_of(owner, now_.mono)};
}

void State::refuse(const Address& to, std::string_view service, base::Error error, Seq after) {
    ++counters.refused;
    send(to, Refused{std::move(error), std::string(service)}, after);
}

// Its resends are this job.
void State::note_submission(const model::SubmissionId& submission, const Job& job) {
    if (submission.session == 0) {
        return;
    }
    const auto found = submissions_.open(submission, now_.mono, policy.limits);
    if (found.submission != nullptr) {
        found.submission->job = job.id;
        found.submission->accepted_seq = job.accepted_seq;
        found.submission->durable = job.durable;
    }
}

}  // namespace steward::core
