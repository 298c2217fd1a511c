// tests/sim: workers of the old dialects.
#include "tests/sim/old_worker.hpp"

#include "common/base/bytes.hpp"
#include "tests/sim/failure.hpp"

namespace steward::sim {

using namespace std::string_view_literals;

namespace {

constexpr Duration kBeat = 1s;
constexpr Duration kSilenceMax = 3500ms;

}  // namespace

void OldWorker::start() {
    born();
    reconnect();
}

void OldWorker::on_death() {
    is_busy_ = false;
    unread_.clear();
}

void OldWorker::reconnect() {
    is_connected_ = false;
    unread_.clear();
    const bool keeps_id = stage_.plan.has(Fault::FixedIds);
    connect_to(0, app::Side::Backend, keeps_id ? name() : std::string());
}

void OldWorker::connected() {
    is_connected_ = true;
    heard_at_ = now();
    send(make_ready());
    later(kBeat, [this, beats = ++beats_] {
        if (beats == beats_) {
            beat();
        }
    });
}

void OldWorker::disconnected() {
    if (!is_busy_) {
        reconnect();  // a busy one notices when it is done
    } else {
        is_connected_ = false;
    }
}

void OldWorker::beat() {
    if (!is_connected_) {
        return;
    }
    if (!is_busy_) {
        if (now() > heard_at_ + kSilenceMax) {
            reconnect();
            return;
        }
        send(make_heartbeat());
    }
    later(kBeat, [this, beats = beats_] {
        if (beats == beats_) {
            beat();
        }
    });
}

void OldWorker::take(const wire::Frames& frames) {
    if (is_busy_) {
        unread_.push_back(frames);
        return;
    }
    heard_at_ = now();
    std::string_view command;
    switch (dialect_) {
        case OldDialect::Zmws1:
        case OldDialect::Zmws2: command = frames.size() == 1 ? "\x04"sv : "\x02"sv; break;
        case OldDialect::Mdp01: command = frames.size() > 2 ? frames[2].view() : ""sv; break;
        case OldDialect::Mdp02: command = frames.size() > 1 ? frames[1].view() : ""sv; break;
    }
    const bool is_02 = dialect_ == OldDialect::Mdp02;
    if (command == "\x02") {
        begin(frames);
    } else if (command == (is_02 ? "\x06" : "\x05")) {
        reconnect();
    } else if (command != (is_02 ? "\x05" : "\x04")) {
        broken("workers are told what they know: " + name() + " got " + describe(frames));
    }
}

void OldWorker::begin(const wire::Frames& frames) {
    std::string token;
    std::string_view params;
    if (is_zmws()) {
        token = std::string(frames.back().view());
        if (!token.starts_with("JOB: ")) {
            broken("jobs are named: " + name() + " got " + describe(frames));
        }
        token.erase(0, 5);
        params = frames[frames.size() - 2].view();
    } else {
        const std::size_t at = dialect_ == OldDialect::Mdp01 ? 3 : 2;
        if (frames.size() < at + 3 || !frames[at + 1].empty()) {
            broken("Majordomo requests have client, empty and body: " + describe(frames));
        }
        token = std::string(frames[at].view());
        params = frames[at + 2].view();
    }
    const Uid uid = stage_.uid_of_job(params);
    if (stage_.calls.at(uid).poison) {
        die(choices().between(Duration(10ms), Duration(1s)));
        return;
    }
    is_busy_ = true;
    const bool is_long = stage_.plan.has(Fault::LongJobs) && choices().chance(1, 20);
    const Duration run_time = is_long ? choices().between(Duration(4s), Duration(12s))
                                      : choices().between(Duration(0), Duration(100ms));
    if (choices().chance(1, 8) && dialect_ != OldDialect::Mdp01) {
        send(make_partial(token));
    }
    later(run_time, [this, uid, token, asked_on = link()] { end(uid, token, asked_on); });
}

void OldWorker::end(Uid uid, const std::string& token, LinkId asked_on) {
    is_busy_ = false;
    if (!is_connected_) {
        reconnect();
        return;
    }
    const bool fails = is_zmws() && stage_.has(Fault::FailingJobs) && choices().chance(1, 5);
    if (!fails && asked_on == link()) {
        stage_.calls.worker_succeeded(uid);
    }
    send(make_done(token, !fails, uid));
    auto unread = std::move(unread_);
    unread_.clear();
    for (const auto& frames : unread) {
        take(frames);
    }
}

wire::Frames OldWorker::make_ready() const {
    switch (dialect_) {
        case OldDialect::Zmws1: return frames_of({service_, "READY"});
        case OldDialect::Zmws2: return frames_of({"MDPC02", "3", service_, "READY"});
        case OldDialect::Mdp01: return frames_of({"", "MDPW01", "\x01", service_});
        case OldDialect::Mdp02: return frames_of({"MDPW02", "\x01", service_});
    }
    return {};
}

wire::Frames OldWorker::make_heartbeat() const {
    switch (dialect_) {
        case OldDialect::Zmws1:
        case OldDialect::Zmws2: return frames_of({"HEARTBEAT"});
        case OldDialect::Mdp01: return frames_of({"", "MDPW01", "\x04"});
        case OldDialect::Mdp02: return frames_of({"MDPW02", "\x05"});
    }
    return {};
}

wire::Frames OldWorker::make_partial(const std::string& token) const {
    const std::string_view param = "PARAM-JSON: \"half of it\"";
    switch (dialect_) {
        case OldDialect::Zmws1: return frames_of({param, service_, "CONT: " + token});
        case OldDialect::Zmws2:
            return frames_of({"MDPC02", "2", service_, param, "CONT: " + token});
        case OldDialect::Mdp01: return {};
        case OldDialect::Mdp02: return frames_of({"MDPW02", "\x03", token, "", "half of it"});
    }
    return {};
}

wire::Frames OldWorker::make_done(const std::string& token, bool succeeded, Uid uid) const {
    const std::string answer = succeeded ? answer_text(uid) : "no luck";
    const std::string param = "PARAM-JSON: \"" + answer + "\"";
    const std::string line = (succeeded ? "COMPLETE: " : "FAIL: ") + token;
    switch (dialect_) {
        case OldDialect::Zmws1: return frames_of({param, service_, line});
        case OldDialect::Zmws2: return frames_of({"MDPC02", "3", service_, param, line});
        case OldDialect::Mdp01: return frames_of({"", "MDPW01", "\x03", token, "", answer});
        case OldDialect::Mdp02: return frames_of({"MDPW02", "\x04", token, "", answer});
    }
    return {};
}

}  // namespace steward::sim
