// tests/sim: misuse of the protocol.
#include "tests/sim/rogue.hpp"

#include <algorithm>

#include "tests/sim/old_client.hpp"

namespace steward::sim {

namespace native = wire::native;

namespace {

constexpr std::size_t kSeenMax = 32;
constexpr std::uint64_t kPassing = 30;

}  // namespace

void Rogue::start() {
    born();
    connect_to(0, app::Side::Backend);
}

void Rogue::heal() {
    Actor::heal();
    if (is_alive()) {
        die(1h);  // and is not missed
    }
}

void Rogue::connected() {
    stage_.network.mark_hurt(link());
    announce();
    later(1s, [this, beats = ++beats_] {
        if (beats == beats_) {
            beat();
        }
    });
}

void Rogue::disconnected() {
    connect_to(0, app::Side::Backend);
}

void Rogue::beat() {
    say_one(native::Heartbeat{});
    if (choices().chance(1, 3)) {
        lie();
    }
    later(1s, [this, beats = beats_] {
        if (beats == beats_) {
            beat();
        }
    });
}

void Rogue::say_one(const native::Command& command) {
    native::BatchWriter writer;
    writer.add(command);
    send(writer.take());
}

void Rogue::announce() {
    native::WorkerReady ready;
    ready.library = "rogue";
    ready.heartbeat_interval = 1s;
    ready.concurrency = static_cast<std::uint32_t>(choices().between(1, 3));
    ready.credit_max = ready.concurrency + static_cast<std::uint32_t>(choices().below(4));
    ready.services = {choices().pick(services())};
    // Of those that nobody else serves there are more than a small broker may know.
    for (std::uint64_t more = choices().chance(1, 3) ? choices().below(4) : 0; more > 0; --more) {
        ready.services.push_back("passing" + std::to_string(choices().below(kPassing)));
    }
    say_one(ready);
}

void Rogue::take(const wire::Frames& frames) {
    native::BatchReader reader(frames);
    for (;;) {
        auto command = reader.next();
        if (!command || !command->has_value()) {
            return;
        }
        if (const auto* job = std::get_if<native::Assign>(&**command)) {
            misuse(*job);
        } else if (std::holds_alternative<native::RegisterAgain>(**command)) {
            announce();
        } else if (std::holds_alternative<native::Disconnect>(**command)) {
            connect_to(0, app::Side::Backend);
            return;
        }
    }
}

void Rogue::misuse(const native::Assign& job) {
    seen_.push_back(job.attempt);
    if (seen_.size() > kSeenMax) {
        seen_.erase(seen_.begin());
    }
    const Uid uid = uid_in(job.params.bytes.view()).value_or(0);
    const Duration pause = choices().between(Duration(0), Duration(200ms));
    const auto kind = choices().below(6);
    later(pause, [this, kind, uid, attempt = job.attempt] {
        switch (kind) {
            case 0:
                say_one(native::Return{{attempt}});
                finish(attempt, uid);
                break;
            case 1:
                finish(attempt, uid);
                say_one(native::Return{{attempt}});
                break;
            case 2:
                finish(attempt, uid);
                finish(attempt, uid);
                break;
            case 3: say_one(native::Return{{attempt, attempt}}); break;
            case 4: announce(); break;  // READY that does not name what it holds
            default: finish(attempt, uid); break;
        }
    });
}

void Rogue::finish(const model::Attempt& attempt, Uid uid) {
    stage_.calls.worker_succeeded(uid);
    const auto answer = base::Blob::copy(answer_text(uid));
    say_one(native::Finish{
        attempt, {model::Verdict::Succeeded, {}, {model::Encoding::Opaque, answer}}, 1ms});
}

model::Attempt Rogue::draw_attempt() {
    if (seen_.empty()) {
        return {{1, choices().below(100)}, 1};
    }
    model::Attempt attempt = choices().pick(seen_);
    const auto kind = choices().below(4);
    if (kind == 0) {
        attempt.number += 1;
    } else if (kind == 1) {
        attempt.job.number += choices().below(5);  // somebody else's, likely
    } else if (kind == 2) {
        attempt.number = 0;
    }
    return attempt;
}

// It was given the job, or the job is on its way to it.
bool Rogue::is_its_own(const model::JobId& job) const {
    bool is_own =
        std::ranges::any_of(seen_, [&](const model::Attempt& seen) { return seen.job == job; });
    stage_.network.each_coming(link(), [&](const wire::Frames& frames) {
        native::BatchReader reader(frames);
        for (auto command = reader.next(); command && *command; command = reader.next()) {
            const auto* assign = std::get_if<native::Assign>(&**command);
            is_own = is_own || (assign != nullptr && assign->attempt.job == job);
        }
    });
    return is_own;
}

// A lie that is believed shows itself at the client: this answer belongs to no call.
void Rogue::lie() {
    const model::Attempt attempt = draw_attempt();
    if (is_its_own(attempt.job)) {
        return;  // its own job's answer may come at any time: that is no lie
    }
    const auto answer = base::Blob::copy("a lie");
    const model::Payload payload{model::Encoding::Opaque, answer};
    switch (choices().below(4)) {
        case 0:
            say_one(native::Finish{attempt, {model::Verdict::Succeeded, {}, payload}, 1ms});
            break;
        case 1: say_one(native::Return{{attempt}}); break;
        case 2: say_one(native::Partial{attempt, payload}); break;
        default: say_one(native::Progress{attempt, 9, 3, "a lie"}); break;
    }
}

void Babbler::start() {
    born();
    connect_to(0, side_);
}

void Babbler::babble() {
    if (stage_.healed) {
        return;
    }
    send(choices().chance(1, 2) ? draw_noise() : draw_nearly_right());
    later(choices().between(Duration(1ms), Duration(500ms)), [this] { babble(); });
}

wire::Frames Babbler::draw_noise() {
    wire::Frames frames;
    const auto count = choices().between(1, 5);
    for (std::uint64_t i = 0; i < count; ++i) {
        std::string bytes;
        const auto length = choices().below(40);
        for (std::uint64_t k = 0; k < length; ++k) {
            bytes.push_back(static_cast<char>(choices().below(256)));
        }
        frames.push_back(base::Blob::copy(bytes));
    }
    return frames;
}

wire::Frames Babbler::draw_nearly_right() {
    native::BatchWriter writer;
    writer.add(native::Heartbeat{});
    writer.add(native::Goodbye{true});
    writer.add(native::Return{{{{1, 2}, 3}}});
    const wire::Frames batch = writer.take();
    const std::vector<wire::Frames> kNearly = {
        batch,
        frames_of({"MDPC02"}),
        frames_of({"MDPC02", "1"}),
        frames_of({"", "MDPC01"}),
        frames_of({"MDPC02", "\x01", ""}),
        frames_of({"", "JOB: "}),
        frames_of({"JOB: SYNC-"}),
        frames_of({"MDPW02", "\x04", "x"}),
        frames_of({"", "MDPW01", "\x03", "", "", ""}),
        frames_of({"mail", "COMPLETE: nothing"}),
        frames_of({"PARAM-JSON: {", "", "COMPLETE: "}),
        frames_of({"MDPC02", "1", "SERVER-JOBS"}),
        frames_of({"MDPC02", "\x01", "mmi.service", "mail"}),
        frames_of({"HEARTBEAT"}),
    };
    wire::Frames frames = kNearly[static_cast<std::size_t>(choices().below(kNearly.size()))];
    if (choices().chance(1, 2)) {
        const auto at = static_cast<std::size_t>(choices().below(frames.size()));
        std::string bytes(frames[at].view());
        if (!bytes.empty()) {
            const auto place = static_cast<std::size_t>(choices().below(bytes.size()));
            bytes[place] = static_cast<char>(choices().below(256));
            frames[at] = base::Blob::copy(bytes);
        }
    }
    return frames;
}

}  // namespace steward::sim
