// tests/sim: what a broker says, as far as the oracles want to know it.
#include "tests/sim/wire_tap.hpp"

#include "common/wire/native.hpp"
#include "tests/sim/failure.hpp"

namespace steward::sim {

namespace native = wire::native;

namespace {

// A sync job's receipt promises nothing: its client goes on asking.
void acknowledge(const Stage& stage, const model::JobId& job) {
    if (!stage.calls.at(stage.leases.uid_of(job)).sync) {
        stage.events.acknowledge(job, stage.plan.has(Fault::LateJournal));
    }
}

void tap_native(const Stage& stage, BrokerRun run, LinkId to, const wire::Frames& frames) {
    native::BatchReader reader(frames);
    for (;;) {
        const auto command = reader.next();
        if (!command) {
            broken("the broker sends what its own codec reads: " + command.error().message);
        }
        if (!command->has_value()) {
            return;
        }
        if (const auto* assign = std::get_if<native::Assign>(&**command)) {
            const Uid uid = stage.uid_of_job(assign->params.bytes.view());
            stage.leases.assigned(run, to, assign->attempt.job, assign->attempt.number, uid);
            stage.oracles.assigned(assign->attempt.job, uid);
            if (stage.calls.at(uid).is_volatile) {
                stage.events.is_volatile(assign->attempt.job);
            }
        } else if (const auto* accepted = std::get_if<native::Accepted>(&**command)) {
            acknowledge(stage, accepted->job);
            stage.oracles.followers().end_sent(run, to, accepted->number, false);
        } else if (const auto* result = std::get_if<native::Result>(&**command)) {
            stage.oracles.followers().end_sent(run, to, result->number, true);
        } else if (const auto* refused = std::get_if<native::Refused>(&**command)) {
            stage.oracles.followers().end_sent(run, to, refused->number, false);
        } else if (const auto* part = std::get_if<native::JobPartial>(&**command)) {
            stage.oracles.followers().part_sent(run, to, part->number, part->data.bytes.view());
        } else if (const auto* stop = std::get_if<native::StopAttempt>(&**command)) {
            stage.leases.stop_sent(to, stop->attempt);
            stage.oracles.stop_sent(run, stop->attempt.job);
        }
    }
}

// Every old dialect has the params in a frame of their own; ZMWS names the job in clear,
// Majordomo's token is the broker's own affair.
void tap_old_worker(const Stage& stage, BrokerRun run, LinkId to, const wire::Frames& frames) {
    std::optional<Uid> uid;
    std::optional<model::JobId> job;
    for (const auto& frame : frames) {
        const std::string_view text = frame.view();
        if (!uid) {
            uid = uid_in(text);
        }
        if (text.starts_with("JOB: ")) {
            if (const auto parsed = model::JobId::parse(text.substr(5)); parsed) {
                job = *parsed;
            }
        }
    }
    if (job && uid) {
        stage.leases.assigned(run, to, *job, 0, *uid);
    }
}

// An async job's receipt: "JOB: <jobid> SERVICE".
void tap_old_client(const Stage& stage, const wire::Frames& frames) {
    for (const auto& frame : frames) {
        const std::string_view text = frame.view();
        if (text.starts_with("JOB: ")) {
            if (const auto job = model::JobId::parse(text.substr(5, 26)); job) {
                acknowledge(stage, *job);
            }
        }
    }
}

}  // namespace

void tap_wire(
    const Stage& stage, BrokerRun run, app::Side side, LinkId to, const wire::Frames& frames) {
    if (native::is_native(frames)) {
        tap_native(stage, run, to, frames);
    } else if (side == app::Side::Backend) {
        tap_old_worker(stage, run, to, frames);
    } else {
        tap_old_client(stage, frames);
    }
}

}  // namespace steward::sim
