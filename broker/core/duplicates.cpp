// broker/core: submissions whose unique key an earlier job has.
#include "broker/core/state.hpp"

namespace steward::core {

using base::Errc;
using model::JobState;
using model::OnDuplicate;
using model::UniqueScope;

namespace {

bool is_waiting(JobState state) {
    return state == JobState::Blocked || state == JobState::Scheduled || state == JobState::Ready;
}

}  // namespace

// True when the submission is answered: it has become the earlier job, or is refused because of it.
bool State::join_duplicate(Submit& submit) {
    model::JobOptions& options = submit.spec.options;
    const ServiceHandle service = services_.find(submit.spec.service);
    if (!service.names_something()) {
        return false;
    }
    const std::string_view channel = options.channel.view() == model::kDefaultChannel
                                         ? std::string_view()
                                         : options.channel.view();
    const QueueHandle queue = services_.find_queue(service, channel);
    if (!queue.names_something()) {
        return false;
    }
    const model::Payload& params = submit.spec.params;
    const UniqueTable::Key key =
        options.unique_params
            ? UniqueTable::Key{queue,
                               submit.asker.owner,
                               true,
                               params.bytes.view(),
                               params.encoding}
            : UniqueTable::Key{
                  queue, submit.asker.owner, false, options.unique.view(), model::Encoding::Absent};
    const JobHandle handle = unique_.find(jobs_.map, key);
    if (!handle.names_something()) {
        return false;
    }
    if (auto fault = join_fault(submit, jobs_.map.at(handle))) {
        refuse(submit.from, submit.spec.service.view(), std::move(*fault));
        return true;
    }
    const OnDuplicate way = options.on_duplicate.value_or(OnDuplicate::Drop);
    ++counters.deduplicated;
    if (way == OnDuplicate::Replace) {
        replace_params(handle, submit);
    }
    const Job& job = jobs_.map.at(handle);
    note_submission(submit.submission, job);
    std::string detail = "is ";
    detail += model::name_of(job.state);
    announce(job, model::EventKind::Deduplicated, detail);
    if (options.sync || (options.wait && *options.wait > base::Duration::zero())) {
        Waiter waiter;
        waiter.to = submit.from;
        waiter.submission = submit.submission;
        waiter.wanted = params.encoding;
        waiter.is_call = options.sync;
        waiter.is_duplicate = true;
        add_waiter(handle, std::move(waiter), options.wait.value_or(base::Duration::zero()));
    } else {
        send(submit.from,
             JobTaken{job.id, submit.spec.service, true},
             job.durable ? appends_.last() : job.accepted_seq);
    }
    return true;
}

// Why the submission may not become this job.
std::optional<base::Error> State::join_fault(const Submit& submit, const Job& job) const {
    const model::JobOptions& options = submit.spec.options;
    const OnDuplicate way = options.on_duplicate.value_or(OnDuplicate::Drop);
    const std::string first = "job " + job.id.text() + " has this unique key and is " +
                              std::string(model::name_of(job.state));
    if (options.sync && way == OnDuplicate::Drop) {
        return base::Error{Errc::Duplicate, first + "; on_duplicate=attach waits for it", {}};
    }
    if (options.durable.value_or(!options.sync) && !job.durable) {
        return base::Error{
            Errc::Duplicate, first + ", but it is not durable as this submission asks", {}};
    }
    if (way == OnDuplicate::Replace && !is_waiting(job.state)) {
        return base::Error{Errc::Duplicate, first + ": its params cannot be replaced any more", {}};
    }
    const std::size_t bytes = submit.spec.params.bytes.size();
    const std::size_t bytes_before = job.params.bytes.size();
    if (way == OnDuplicate::Replace && bytes > bytes_before &&
        jobs_.payload_bytes() - bytes_before + bytes > policy.limits.payload_bytes_total_max) {
        return lack_of_payload_room();
    }
    return options.sync || options.wait ? lack_of_waiters(&job) : std::nullopt;
}

void State::replace_params(JobHandle handle, Submit& submit) {
    const Job& job = jobs_.map.at(handle);
    if (job.extras->unique_params) {
        return;  // they are the same
    }
    jobs_.set_params(handle, submit.spec.params);
    jobs_.map.at(handle).meta = submit.spec.options.meta;
    append(job,
           JobEdited{job.id,
                     job.priority,
                     now_.wall + (job.due - now_.mono),
                     submit.spec.params,
                     submit.spec.options.meta});
}

// A job is given to a worker.
void State::key_on_start(JobHandle handle) {
    const Job& job = jobs_.map.at(handle);
    if (job.extras != nullptr && job.extras->unique_scope == UniqueScope::Waiting) {
        unique_.release(jobs_.map, handle);
    }
}

// A job that waits again wants its key back, if nobody has taken it meanwhile.
void State::retake_key(JobHandle handle) {
    const Job& job = jobs_.map.at(handle);
    if (job.extras == nullptr || !job.extras->is_unique() || job.extras->holds_key) {
        return;
    }
    if (!unique_.find(jobs_.map, UniqueTable::key_of(job)).names_something()) {
        unique_.take(jobs_.map, handle);
    }
}

}  // namespace steward::core
