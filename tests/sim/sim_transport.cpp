// tests/sim: sends, and reads along what a broker says to its workers and clients.
#include "tests/sim/sim_transport.hpp"

#include "common/base/bytes.hpp"
#include "common/wire/native.hpp"
#include "tests/sim/failure.hpp"

namespace steward::sim {

namespace native = wire::native;

app::SendStatus SimTransport::send(app::Side side,
                                   std::string_view routing_id,
                                   app::Frames& frames) {
    if (is_dead()) {
        frames.clear();
        return app::SendStatus::Sent;
    }
    if (frames.empty()) {
        broken("a message has frames");
    }
    const app::Frames copy = frames;
    const LinkId link = stage_.network.link_of(broker_, side, routing_id);
    const app::SendStatus status = stage_.network.send_to_peer(broker_, side, routing_id, frames);
    if (status != app::SendStatus::Sent) {
        if (frames != copy) {
            broken("frames are left as they are unless Sent");
        }
        return status;
    }
    if (sends_left_) {
        --*sends_left_;
    }
    if (native::is_native(copy)) {
        tap_native(link, copy);
    } else if (side == app::Side::Backend) {
        tap_old_worker(link, copy);
    } else {
        tap_old_client(copy);
    }
    return status;
}

void SimTransport::publish(std::string_view topic, std::string_view body) {
    if (!is_dead()) {
        stage_.trace.line(stage_.schedule.now(), topic, body);
        stage_.events.published(run_, topic, body);
    }
}

void SimTransport::tap_native(LinkId link, const app::Frames& frames) {
    native::BatchReader reader(frames);
    for (;;) {
        auto command = reader.next();
        if (!command) {
            broken("the broker sends what its own codec reads: " + command.error().message);
        }
        if (!command->has_value()) {
            return;
        }
        if (const auto* assign = std::get_if<native::Assign>(&**command)) {
            const Uid uid = stage_.uid_of_job(assign->params.bytes.view());
            stage_.leases.assigned(run_, link, assign->attempt.job, assign->attempt.number, uid);
        } else if (const auto* accepted = std::get_if<native::Accepted>(&**command)) {
            stage_.events.acknowledge(accepted->job, stage_.plan.has(Fault::LateJournal));
        } else if (const auto* stop = std::get_if<native::StopAttempt>(&**command)) {
            stage_.leases.stop_sent(link, stop->attempt);
        }
    }
}

// Every old dialect has the params in a frame of their own; ZMWS names the job in clear,
// Majordomo's token is the broker's own affair.
void SimTransport::tap_old_worker(LinkId link, const app::Frames& frames) {
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
        stage_.leases.assigned(run_, link, *job, 0, *uid);
    }
}

// An async job's receipt: "JOB: <jobid> SERVICE".
void SimTransport::tap_old_client(const app::Frames& frames) {
    for (const auto& frame : frames) {
        const std::string_view text = frame.view();
        if (text.starts_with("JOB: ")) {
            if (const auto job = model::JobId::parse(text.substr(5, 26)); job) {
                stage_.events.acknowledge(*job, stage_.plan.has(Fault::LateJournal));
            }
        }
    }
}

}  // namespace steward::sim
