// broker/core: taking jobs in: resends, refusals, the settling time after a start.
#include <algorithm>

#include "broker/core/state.hpp"

namespace steward::core {
namespace {

using namespace std::chrono_literals;
using base::Errc;

constexpr base::Duration kRetryAfter = 1s;

std::string quoted(std::string_view name) {
    std::string text = "\"";
    text += name;
    text += '"';
    return text;
}

}  // namespace

void State::on(Acknowledge& acknowledge) {
    submissions_.acknowledge(acknowledge.session, acknowledge.below, now_.mono, policy.limits);
}

void State::on(Submit& submit) {
    const bool resendable = submit.submission.session != 0;
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
                return;
            }
        }
        if (submit.again && claim_adopted(submit)) {
            ++counters.resends;
            return;
        }
        if (submit.again && !is_settled()) {
            wait_until_settled(submit);
            return;
        }
    }
    admit(submit);
}

// True when the submission is known and was answered. A sync job whose result is not kept any more
// is run again: at least once.
bool State::answer_resend(Submit& submit, Submission& submission) {
    const JobHandle handle = jobs_.find(submission.job);
    if (!submit.spec.options.sync) {
        send(submit.from, JobTaken{submission.job, submit.spec.service}, submission.accepted_seq);
        return true;
    }
    if (handle.names_something()) {
        // Not marked as a resend it is the older one, come late over a connection that has gone.
        if (submit.again) {
            jobs_.map.at(handle).waiter = submit.from;
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

// Jobs of clients that cannot resend are told apart by their own numbers.
model::SubmissionId State::adoption_key(const model::SubmissionId& submission,
                                        const model::JobId& job) {
    return submission.session != 0 ? submission : model::SubmissionId{0, job.number};
}

// A worker came back with this very job before its client did.
bool State::claim_adopted(Submit& submit) {
    const auto found = adopted_.find(submit.submission);
    if (found == adopted_.end()) {
        return false;
    }
    Adopted adopted = std::move(found->second);
    adopted_.erase(found);
    const JobHandle handle = jobs_.find(adopted.job);
    if (!handle.names_something() && !adopted.result) {
        return false;
    }
    Submission& submission =
        *submissions_.open(submit.submission, now_.mono, policy.limits).submission;
    submission.job = adopted.job;
    if (handle.names_something()) {
        Job& job = jobs_.map.at(handle);
        job.adopted = false;
        job.sync = submit.spec.options.sync;
        job.waiter = submit.from;
        job.meta = submit.spec.options.meta;
        jobs_.set_params(handle, std::move(submit.spec.params));
    } else if (submit.spec.options.sync) {
        submissions_.keep(submit.submission, std::move(*adopted.result), policy.limits);
    }
    return answer_resend(submit, submission);
}

void State::wait_until_settled(Submit& submit) {
    if (unsettled_.size() >= policy.limits.in_flight_max) {
        refuse(submit.from,
               submit.spec.service.view(),
               {Errc::TooManyJobs,
                "the broker has just started and still waits for its workers; " +
                    std::to_string(unsettled_.size()) +
                    " submissions wait with it, as many as [limits] in_flight_max allows",
                settled_at_ - now_.mono});
        return;
    }
    unsettled_.push_back(std::move(submit));
}

// A worker has announced the service: first-time submissions for it need not wait any longer.
void State::admit_waiting_for(const model::ServiceName& service) {
    std::vector<Submit> waiting;
    std::erase_if(unsettled_, [&](Submit& submit) {
        if (submit.again || submit.spec.service != service) {
            return false;
        }
        waiting.push_back(std::move(submit));
        return true;
    });
    for (Submit& submit : waiting) {
        admit(submit);
    }
}

void State::on_settled() {
    std::vector<Submit> waiting = std::exchange(unsettled_, {});
    for (Submit& submit : waiting) {
        // Not `again` any more: whoever still ran it has come back by now.
        on(submit);
    }
}

void State::admit(Submit& submit) {
    const ServiceHandle existing = services_.find(submit.spec.service.view());
    const bool known = existing.names_something() && services_.map.at(existing).known();
    if (!known && submit.unknown == UnknownService::RefuseOnceSettled && !is_settled()) {
        wait_until_settled(submit);
        return;
    }
    if (auto error = refusal(submit)) {
        refuse(submit.from, submit.spec.service.view(), std::move(*error));
        return;
    }
    const ServiceHandle service = service_for(submit.spec.service);
    if (!service.names_something()) {
        refuse(submit.from,
               submit.spec.service.view(),
               {Errc::TooManyServices,
                "the broker knows " + std::to_string(policy.limits.services_max) +
                    " services, as many as [limits] services_max allows",
                kRetryAfter});
        return;
    }
    const bool somebody_may_come =
        services_.map.at(service).announced || services_.map.at(service).declared;
    if (!somebody_may_come && submit.unknown == UnknownService::Hold &&
        !submit.spec.options.expires_in) {
        submit.spec.options.expires_in = policy.unknown_service_hold;
    }
    const JobHandle handle = create_job(submit, service);
    const Job& job = jobs_.map.at(handle);
    if (job.due > now_.mono) {
        schedule(handle, job.due);
    } else {
        make_ready(handle, false);
        dispatch_service(service);
    }
}

std::optional<base::Error> State::refusal(const Submit& submit) const {
    const model::Limits& limits = policy.limits;
    const std::string_view name = submit.spec.service.view();
    if (draining_) {
        return base::Error{Errc::Draining, "the broker is shutting down", kRetryAfter};
    }
    if (submit.spec.service.is_reserved()) {
        return base::Error{
            Errc::ReservedName, "the service name " + quoted(name) + " belongs to the broker", {}};
    }
    const ServiceHandle existing = services_.find(name);
    const Service* service = services_.map.find(existing);
    if (submit.unknown != UnknownService::Hold && (service == nullptr || !service->known())) {
        return base::Error{Errc::UnknownService,
                           "no worker has announced the service " + quoted(name) +
                               ", no job waits for it and no [[service]] in the configuration "
                               "names it",
                           {}};
    }
    if (service != nullptr && service->jobs() >= limits.jobs_per_service_max) {
        return base::Error{Errc::QueueFull,
                           "the service " + quoted(name) + " has " +
                               std::to_string(service->jobs()) +
                               " jobs, as many as [limits] jobs_per_service_max allows",
                           kRetryAfter};
    }
    if (jobs_.map.size() >= limits.jobs_max) {
        return base::Error{Errc::TooManyJobs,
                           "the broker holds " + std::to_string(jobs_.map.size()) +
                               " jobs, as many as [limits] jobs_max allows",
                           kRetryAfter};
    }
    if (jobs_.payload_bytes() + submit.spec.params.bytes.size() > limits.payload_bytes_total_max) {
        return base::Error{Errc::TooManyJobs,
                           "the params of all jobs take " + std::to_string(jobs_.payload_bytes()) +
                               " bytes; this one would pass [limits] payload_bytes_total_max",
                           kRetryAfter};
    }
    return std::nullopt;
}

// The service of this name, made if need be; names nothing when there are too many.
ServiceHandle State::service_for(const model::ServiceName& name) {
    const ServiceHandle existing = services_.find(name.view());
    if (existing.names_something()) {
        return existing;
    }
    if (services_.map.size() >= policy.limits.services_max) {
        services_.forget_unknown();
    }
    return services_.map.size() >= policy.limits.services_max ? ServiceHandle{}
                                                              : services_.add(name);
}

// A job with these options as of now; its identity and params are the caller's to fill in.
Job State::new_job(const model::JobOptions& options, ServiceHandle service) const {
    Job job;
    job.service = service;
    job.meta = options.meta;
    job.accepted_at = now_.wall;
    job.due = now_.mono + options.delay.value_or(base::Duration::zero());
    job.expires = options.expires_in ? now_.mono + *options.expires_in : base::MonoTime::max();
    job.time_limit = options.time_limit.value_or(policy.time_limit);
    job.priority = options.priority.value_or(model::kPriorityNormal);
    job.sync = options.sync;
    job.durable = options.durable.value_or(!options.sync);
    // Failures count against max_attempts. A lost worker is nobody's fault: unless the submitter
    // named a number, a sync job survives as many as the policy allows.
    job.failures_max = options.max_attempts.value_or(options.sync ? policy.max_attempts_sync
                                                                  : policy.max_attempts_async);
    job.losses_max = options.max_attempts.value_or(policy.max_losses);
    return job;
}

JobHandle State::create_job(Submit& submit, ServiceHandle service) {
    const model::JobOptions& options = submit.spec.options;
    Job job = new_job(options, service);
    job.id = {epoch_, ++job_numbers_};
    job.submission = submit.submission;
    if (options.sync) {
        job.waiter = submit.from;
    }
    ++services_.map.at(service).accepted;
    ++counters.accepted;

    if (job.durable) {
        out_->appends.push_back(
            {++last_seq_, JobAccepted{job.id, job.submission, now_.wall, submit.spec}});
        job.accepted_seq = last_seq_;
    }
    announce(job, model::EventKind::Accepted);
    if (announcing) {
        out_->announces.back().params = submit.spec.params;
        out_->announces.back().options = options;
    }
    if (!options.sync) {
        send(submit.from, JobTaken{job.id, submit.spec.service}, job.accepted_seq);
    }
    if (submit.submission.session != 0) {
        const auto found = submissions_.open(submit.submission, now_.mono, policy.limits);
        if (found.submission != nullptr) {
            found.submission->job = job.id;
            found.submission->accepted_seq = job.accepted_seq;
        }
    }
    job.params = std::move(submit.spec.params);
    return jobs_.add(std::move(job));
}

void State::refuse(const Address& to, std::string_view service, base::Error error) {
    ++counters.refused;
    send(to, Refused{std::move(error), std::string(service)});
}

}  // namespace steward::core
