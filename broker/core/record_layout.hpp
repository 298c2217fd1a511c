// broker/core: the fields of every fact in their order, once for both directions.
#pragma once

#include "broker/core/record_io.hpp"

namespace steward::core {

template <class Io, class T>
using Field = typename Io::template Ref<T>;

// ---- parts ----
template <class Io>
void lay_out(Io& io, Field<Io, model::JobId> id) {
    io.integer(id.epoch);
    io.integer(id.number);
}

template <class Io>
void lay_out(Io& io, Field<Io, model::Attempt> attempt) {
    lay_out<Io>(io, attempt.job);
    io.integer(attempt.number);
}

template <class Io>
void lay_out(Io& io, Field<Io, model::Payload> payload) {
    io.byte(payload.encoding);
    io.blob(payload.bytes);
}

template <class Io>
void lay_out(Io& io, Field<Io, model::JobOptions> o) {
    const auto integer = [&](auto& value) { io.integer(value); };
    const auto byte = [&](auto& value) { io.byte(value); };
    const auto duration = [&](auto& value) { io.duration(value); };
    const auto label = [&](auto& value) { io.label(value); };
    io.begin_set();
    io.bit(o.sync);
    io.in_set(o.durable, byte);
    io.in_set(o.priority, integer);
    io.in_set(o.delay, duration);
    io.in_set(o.run_at, [&](auto& value) { io.instant(value); });
    io.in_set(o.expires_in, duration);
    io.in_set(o.time_limit, duration);
    io.in_set(o.memory_limit, integer);
    io.in_set(o.max_attempts, integer);
    io.in_set(o.backoff, duration);
    io.in_set(o.backoff_max, duration);
    io.in_set(o.result_ttl, duration);
    io.in_set(o.wait, duration);
    io.in_set_unless_empty(o.channel, label);
    io.in_set_unless_empty(o.context, label);
    io.in_set_unless_empty(o.group, label);
    io.in_set(o.group_limit, integer);
    io.in_set(o.group_rate, [&](auto& value) { io.duration(value.spacing); });
    io.in_set(o.group_weight, integer);
    io.in_set_unless_empty(o.unique, label);
    io.bit(o.unique_params);
    io.in_set(o.unique_scope, byte);
    io.in_set(o.on_duplicate, byte);
    io.in_set_unless_empty(
        o.after, [&](auto& value) { io.list(value, [&](auto& id) { lay_out<Io>(io, id); }); });
    io.in_set_unless_empty(o.batch, label);
    io.in_set_unless_empty(o.meta, [&](auto& value) { io.blob(value); });
    io.end_set();
}

template <class Io>
void lay_out(Io& io, Field<Io, model::JobSpec> spec) {
    io.service(spec.service);
    lay_out<Io>(io, spec.params);
    lay_out<Io>(io, spec.options);
}

template <class Io>
void lay_out(Io& io, Field<Io, model::Zone> zone) {
    io.text(zone.name);
    io.list(zone.changes, [&](auto& change) {
        io.instant(change.since);
        io.duration(change.offset);
    });
}

// ---- facts of jobs ----
template <class Io>
void lay_out(Io& io, Field<Io, JobAccepted> fact) {
    lay_out<Io>(io, fact.id);
    io.integer(fact.submission.session);
    io.integer(fact.submission.number);
    io.instant(fact.at);
    lay_out<Io>(io, fact.spec);
    io.label(fact.schedule);
    io.instant(fact.instant);
    io.label(fact.ends_batch);
    io.tail(fact.owner);
}

template <class Io>
void lay_out(Io& io, Field<Io, AttemptStarted> fact) {
    lay_out<Io>(io, fact.attempt);
    io.instant(fact.at);
}

template <class Io>
void lay_out(Io& io, Field<Io, AttemptFailed> fact) {
    lay_out<Io>(io, fact.attempt);
    io.instant(fact.at);
    io.instant(fact.due);
    io.text(fact.text);
    io.byte(fact.was_lost);
}

template <class Io>
void lay_out(Io& io, Field<Io, AttemptReturned> fact) {
    lay_out<Io>(io, fact.attempt);
}

template <class Io>
void lay_out(Io& io, Field<Io, AttemptSnoozed> fact) {
    lay_out<Io>(io, fact.attempt);
    io.instant(fact.due);
}

template <class Io>
void lay_out(Io& io, Field<Io, JobCancelled> fact) {
    lay_out<Io>(io, fact.id);
    io.instant(fact.at);
}

template <class Io>
void lay_out(Io& io, Field<Io, JobEdited> fact) {
    lay_out<Io>(io, fact.id);
    io.integer(fact.priority);
    io.instant(fact.due);
    io.maybe(fact.params, [&](auto& value) { lay_out<Io>(io, value); });
    io.maybe(fact.meta, [&](auto& value) { io.blob(value); });
}

template <class Io>
void lay_out(Io& io, Field<Io, DependencyMet> fact) {
    lay_out<Io>(io, fact.id);
    lay_out<Io>(io, fact.dependency);
}

template <class Io>
void lay_out(Io& io, Field<Io, JobEnded> fact) {
    lay_out<Io>(io, fact.id);
    io.byte(fact.state);
    io.instant(fact.at);
    io.text(fact.text);
    lay_out<Io>(io, fact.result);
    io.integer(fact.failures);
    io.integer(fact.losses);
}

template <class Io>
void lay_out(Io& io, Field<Io, JobRetried> fact) {
    lay_out<Io>(io, fact.id);
    io.instant(fact.at);
    io.tail_list(fact.after, [&](auto& id) { lay_out<Io>(io, id); });
}

template <class Io>
void lay_out(Io& io, Field<Io, JobDiscarded> fact) {
    lay_out<Io>(io, fact.id);
}

// ---- facts of neighbours ----
template <class Io>
void lay_out(Io& io, Field<Io, JobsAccepted> fact) {
    lay_out<Io>(io, fact.first);
    io.integer(fact.session);
    io.instant(fact.at);
    io.service(fact.service);
    lay_out<Io>(io, fact.options);
    io.label(fact.owner);
    io.list(fact.jobs, [&](auto& one) {
        io.integer(one.submission);
        lay_out<Io>(io, one.params);
    });
}

template <class Io>
void lay_out(Io& io, Field<Io, AttemptsStarted> fact) {
    io.integer(fact.epoch);
    io.instant(fact.at);
    io.list(fact.attempts, [&](auto& one) {
        io.integer(one.job);
        io.integer(one.attempt);
    });
}

template <class Io>
void lay_out(Io& io, Field<Io, JobsSucceeded> fact) {
    io.integer(fact.epoch);
    io.instant(fact.at);
    io.list(fact.jobs, [&](auto& one) {
        io.integer(one.job);
        lay_out<Io>(io, one.result);
    });
}

// ---- facts of what is beside jobs ----
template <class Io>
void lay_out(Io& io, Field<Io, ModesChanged> fact) {
    io.list(fact.changes, [&](auto& change) {
        io.text(change.service);
        io.byte(change.mode);
    });
}

template <class Io>
void lay_out(Io& io, Field<Io, LimitSet> fact) {
    io.label(fact.limit.name);
    io.maybe(fact.limit.at_once, [&](auto& value) { io.integer(value); });
    io.maybe(fact.limit.rate, [&](auto& value) { io.duration(value.spacing); });
    io.list(fact.limit.services, [&](auto& name) { io.text(name); });
}

template <class Io>
void lay_out(Io& io, Field<Io, LimitRemoved> fact) {
    io.label(fact.name);
}

template <class Io>
void lay_out(Io& io, Field<Io, GroupSet> fact) {
    io.label(fact.name);
    io.integer(fact.weight);
    io.integer(fact.limit);
    io.duration(fact.spacing);
}

template <class Io>
void lay_out(Io& io, Field<Io, ScheduleSet> fact) {
    io.label(fact.schedule.name);
    io.text(fact.schedule.expression);
    lay_out<Io>(io, fact.schedule.zone);
    io.byte(fact.schedule.missed);
    lay_out<Io>(io, fact.schedule.job);
    io.instant(fact.at);
    io.byte(fact.is_configured);
    io.tail(fact.owner);
}

template <class Io>
void lay_out(Io& io, Field<Io, ScheduleRemoved> fact) {
    io.label(fact.name);
}

template <class Io>
void lay_out(Io& io, Field<Io, ScheduleMoved> fact) {
    io.label(fact.name);
    io.instant(fact.instant);
}

template <class Io>
void lay_out(Io& io, Field<Io, BatchOpened> fact) {
    io.label(fact.name);
    io.instant(fact.at);
    io.maybe(fact.then, [&](auto& value) { lay_out<Io>(io, value); });
    io.tail(fact.owner);
}

template <class Io>
void lay_out(Io& io, Field<Io, BatchClosed> fact) {
    io.label(fact.name);
    io.tail(fact.owner);
}

template <class Io>
void lay_out(Io& io, Field<Io, BatchEnded> fact) {
    io.label(fact.name);
    io.tail(fact.owner);
}

// ---- how things stand ----
template <class Io>
void lay_out(Io& io, Field<Io, JobStands> fact) {
    lay_out<Io>(io, fact.id);
    io.integer(fact.attempt);
    io.byte(fact.fate);
    io.byte(fact.is_active);
    io.byte(fact.is_cancelling);
    io.integer(fact.failures);
    io.integer(fact.losses);
    io.integer(fact.failures_max);
    io.integer(fact.losses_max);
    io.instant(fact.due);
    io.maybe(fact.expires, [&](auto& value) { io.instant(value); });
    io.instant(fact.started_at);
    io.text(fact.text);
}

template <class Io>
void lay_out(Io& io, Field<Io, ResultKept> fact) {
    lay_out<Io>(io, fact.id);
    io.service(fact.service);
    io.byte(fact.state);
    io.integer(fact.priority);
    io.integer(fact.attempt);
    io.text(fact.text);
    lay_out<Io>(io, fact.result);
    io.instant(fact.accepted_at);
    io.instant(fact.started_at);
    io.instant(fact.ended_at);
    io.instant(fact.forget_at);
    io.label(fact.channel);
    io.label(fact.context);
    io.label(fact.group);
    io.label(fact.batch);
    io.tail(fact.owner);
}

template <class Io>
void lay_out(Io& io, Field<Io, SubmissionsSeen> fact) {
    io.integer(fact.session);
    io.integer(fact.base);
    io.list(fact.seen, [&](auto& one) {
        io.integer(one.number);
        lay_out<Io>(io, one.job);
    });
}

template <class Io>
void lay_out(Io& io, Field<Io, BatchStands> fact) {
    io.label(fact.name);
    io.integer(fact.total);
    io.integer(fact.succeeded);
    io.integer(fact.failed);
    io.byte(fact.is_closed);
    io.maybe(fact.ended_at, [&](auto& value) { io.instant(value); });
    io.maybe(fact.followed_by, [&](auto& value) { lay_out<Io>(io, value); });
    io.tail(fact.owner);
}

template <class Io>
void lay_out(Io& io, Field<Io, ScheduleRan> fact) {
    io.label(fact.name);
    io.instant(fact.instant);
    lay_out<Io>(io, fact.job);
}

template <class Io>
void lay_out(Io& io, Field<Io, JobsSpilled> fact) {
    io.integer(fact.spill);
    io.service(fact.service);
    lay_out<Io>(io, fact.options);
    io.integer(fact.count);
    io.list(fact.gone, [&](auto& index) { io.integer(index); });
    io.tail(fact.owner);
}

}  // namespace steward::core
