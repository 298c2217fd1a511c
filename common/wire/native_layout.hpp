// common/wire: the fields of every command of the native protocol in their order on the wire, once
// for both directions: `Io` is the encoder, which reads them, or the decoder, which fills them in.
// Each call is one field, but job_attempt(), submission() and payload(), which are two. Fields
// behind more() have been added and may be missing, each with those after it.
#pragma once

#include "common/model/limits.hpp"
#include "common/wire/native.hpp"

namespace steward::wire::native {

template <class Io, class C>
using Ref = typename Io::template Ref<C>;  // const C& for the encoder, C& for the decoder

// ---- client to broker ----
template <class Io>
void lay_out(Io& io, Ref<Io, Session> c) {
    io.count(c.session);
    io.count(c.acked_below);
}

template <class Io>
void lay_out(Io& io, Ref<Io, ClientHello> c) {
    io.small(c.version);
    io.name(c.library);
    io.duration(c.heartbeat_interval);
}

template <class Io, class Number, class Flag, class Spec>
void lay_out_submit(Io& io, Number& number, Flag& again, Spec& spec) {
    io.number_to_refuse(number);
    io.flag(again);
    io.sync(spec.options);  // from here on: pack_job()
    io.service(spec.service);
    io.payload(spec.params);
    io.job_options(spec.options);
}

template <class Io>
void lay_out(Io& io, Ref<Io, Submit> c) {
    lay_out_submit(io, c.number, c.again, c.spec);
}

template <class Io>
void lay_out(Io& io, Ref<Io, Query> c) {
    io.number_to_refuse(c.number);
    io.label("name of what is asked", c.what);
    io.label("service", c.service);
    io.maybe_job(c.job);
    if (io.more()) {
        io.states(c.states);
    }
    if (io.more()) {
        io.label("context", c.context);
    }
    if (io.more()) {
        io.label("group", c.group);
    }
    if (io.more()) {
        io.label("batch", c.batch);
    }
    if (io.more()) {
        io.count(c.after);
    }
    if (io.more()) {
        io.count(c.rows_max);
    }
}

template <class Io>
void lay_out(Io& io, Ref<Io, Await> c) {
    io.count(c.number);
    io.job(c.job);
    io.duration(c.wait);
    if (io.more()) {
        io.flag(c.follow);
    }
}

template <class Io>
void lay_out(Io& io, Ref<Io, Operate> c) {
    io.number_to_refuse(c.number);
    io.label("verb", c.verb);
    io.body(c.arguments);
}

// ---- worker to broker ----
template <class Io>
void lay_out(Io& io, Ref<Io, WorkerReady> c) {
    io.small(c.version);
    io.name(c.library);
    io.duration(c.heartbeat_interval);
    io.small(c.concurrency);
    io.small(c.credit_max);
    io.names(c.services, model::kServicesPerWorkerMax);
    io.running(c.running);
    if (io.more()) {
        io.names(c.channels, model::kChannelsPerWorkerMax);
    }
}

template <class Io, class Attempt, class Outcome, class Duration>
void lay_out_finish(Io& io, Attempt& attempt, Outcome& outcome, Duration& run_time) {
    io.job_attempt(attempt);
    io.verdict(outcome.verdict);
    io.text(outcome.text);
    io.payload(outcome.result);
    io.duration(run_time);
    if (io.more()) {
        io.duration(outcome.again_in);
    }
}

template <class Io>
void lay_out(Io& io, Ref<Io, Finish> c) {
    lay_out_finish(io, c.attempt, c.outcome, c.run_time);
}

template <class Io>
void lay_out(Io& io, Ref<Io, Return> c) {
    io.attempts(c.attempts);
}

template <class Io>
void lay_out(Io& io, Ref<Io, Goodbye> c) {
    io.flag(c.finishing);
}

template <class Io>
void lay_out(Io& io, Ref<Io, Told> c) {
    io.count(c.number);
    io.body(c.json);
}

// ---- either way ----
template <class Io>
void lay_out(Io& /*io*/, Ref<Io, Heartbeat> /*c*/) {}

template <class Io>
void lay_out(Io& io, Ref<Io, Partial> c) {
    io.job_attempt(c.attempt);
    io.payload(c.data);
}

template <class Io>
void lay_out(Io& io, Ref<Io, Progress> c) {
    io.job_attempt(c.attempt);
    io.count(c.done);
    io.count(c.total);
    io.text(c.text);
}

// ---- broker to either ----
template <class Io>
void lay_out(Io& io, Ref<Io, Welcome> c) {
    io.small(c.version);
    io.name(c.broker);
    io.duration(c.heartbeat_interval);
    io.count(c.message_bytes_max);
    io.count(c.in_flight_max);
    if (io.more()) {
        io.duration(c.stop_grace);
    }
}

template <class Io>
void lay_out(Io& io, Ref<Io, Disconnect> c) {
    io.text(c.why);
}

// ---- broker to client ----
template <class Io>
void lay_out(Io& io, Ref<Io, Accepted> c) {
    io.count(c.number);
    io.job(c.job);
    if (io.more()) {
        io.flag(c.is_duplicate);
    }
}

template <class Io>
void lay_out(Io& io, Ref<Io, Refused> c) {
    io.count(c.number);
    io.code(c.error.code);
    io.text(c.error.message);
    io.maybe_duration(c.error.retry_after);
}

template <class Io>
void lay_out(Io& io, Ref<Io, JobPartial> c) {
    io.count(c.number);
    io.job(c.job);
    io.payload(c.data);
    if (io.more()) {
        io.count(c.part.run);
    }
    if (io.more()) {
        io.count(c.part.number);
    }
}

template <class Io>
void lay_out(Io& io, Ref<Io, JobProgress> c) {
    io.count(c.number);
    io.job(c.job);
    io.count(c.done);
    io.count(c.total);
    io.text(c.text);
}

template <class Io>
void lay_out(Io& io, Ref<Io, Result> c) {
    io.count(c.number);
    io.job(c.job);
    io.final_state(c.state);
    io.text(c.text);
    io.payload(c.result);
}

template <class Io>
void lay_out(Io& io, Ref<Io, Report> c) {
    io.count(c.number);
    io.body(c.json);
}

// ---- broker to worker ----
template <class Io, class C>
void lay_out_assign(Io& io, C& c) {
    io.job_attempt(c.attempt);
    io.name(c.service);
    io.payload(c.params);
    io.duration(c.time_limit);
    io.submission(c.submission);
    io.meta(c.meta);
    if (io.more()) {
        io.options(c.options);
    }
}

template <class Io>
void lay_out(Io& io, Ref<Io, Assign> c) {
    lay_out_assign(io, c);
}

template <class Io>
void lay_out(Io& io, Ref<Io, AssignView> c) {
    lay_out_assign(io, c);
}

template <class Io>
void lay_out(Io& io, Ref<Io, StopAttempt> c) {
    io.job_attempt(c.attempt);
    io.text(c.why);
}

template <class Io>
void lay_out(Io& io, Ref<Io, Recall> c) {
    io.attempts(c.attempts);
}

template <class Io>
void lay_out(Io& /*io*/, Ref<Io, RegisterAgain> /*c*/) {}

template <class Io>
void lay_out(Io& io, Ref<Io, Ask> c) {
    io.count(c.number);
    io.name(c.what);
    io.flag(c.privileged);
}

}  // namespace steward::wire::native
