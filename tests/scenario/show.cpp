// tests/scenario: effects in words.
#include "tests/scenario/show.hpp"

#include "common/base/bytes.hpp"
#include "common/wire/report_json.hpp"

namespace steward::scenario {
namespace {

std::string quoted(const model::Payload& payload) {
    if (payload.encoding == model::Encoding::Absent) {
        return "nothing";
    }
    return "\"" + base::printable(payload.bytes.view(), 60) + "\"";
}

std::string because(std::string_view text) {
    return text.empty() ? "" : " (" + std::string(text) + ")";
}

std::string gate(core::Seq after) {
    return after == 0 ? "" : "  [after " + std::to_string(after) + "]";
}

struct MessageInWords {
    const Cast& cast;
    std::uint64_t correlation;

    [[nodiscard]] std::string number() const { return std::to_string(correlation); }

    std::string operator()(const core::JobTaken& m) const {
        return "taken " + number() + ": " + cast.name_of(m.job);
    }

    std::string operator()(const core::Refused& m) const {
        const std::string later =
            m.error.retry_after ? ", retry after " + text_of(*m.error.retry_after) : "";
        return "refused " + number() + ": " + std::string(base::name_of(m.error.code)) + ": " +
               m.error.message + later;
    }

    std::string operator()(const core::JobPartial& m) const {
        return "partial " + number() + ": " + cast.name_of(m.job) + " " + quoted(m.data);
    }

    std::string operator()(const core::JobProgress& m) const {
        return "progress " + number() + ": " + cast.name_of(m.job) + " " + std::to_string(m.done) +
               " of " + std::to_string(m.total) + because(m.text);
    }

    std::string operator()(const core::JobResult& m) const {
        return "result " + number() + ": " + cast.name_of(m.job) + " " +
               std::string(model::name_of(m.state)) + " " + quoted(m.result) + because(m.text);
    }

    std::string operator()(const core::Answer& m) const {
        return "answer " +
               wire::to_json(*m.report, [this](model::Peer peer) { return cast.name_of(peer); });
    }

    std::string operator()(const core::Welcome& m) const {
        return "welcome, heartbeat every " + text_of(m.heartbeat_interval);
    }

    std::string operator()(const core::Assign& m) const {
        return "assign " + cast.name_of(m.attempt) + " " + std::string(m.service.view()) + " " +
               quoted(m.params) + " within " + text_of(m.time_limit);
    }

    std::string operator()(const core::StopAttempt& m) const {
        return "stop " + cast.name_of(m.attempt) + because(m.why);
    }

    std::string operator()(const core::Recall& m) const {
        std::string out = "recall";
        for (const auto& attempt : m.attempts) {
            out += " " + cast.name_of(attempt);
        }
        return out;
    }

    std::string operator()(const core::RegisterAgain&) const { return "register again"; }

    std::string operator()(const core::Disconnect& m) const {
        return "disconnect" + because(m.why);
    }

    std::string operator()(const core::HeartbeatOut&) const { return "heartbeat"; }
};

struct RecordInWords {
    const Cast& cast;

    std::string operator()(const core::JobAccepted& r) const {
        return "accepted " + cast.name_of(r.id) + " " + std::string(r.spec.service.view()) + " " +
               quoted(r.spec.params);
    }

    std::string operator()(const core::AttemptStarted& r) const {
        return "started " + cast.name_of(r.attempt);
    }

    std::string operator()(const core::AttemptFailed& r) const {
        return "failed " + cast.name_of(r.attempt) + ", due in " + text_of(r.due - r.at) +
               because(r.text);
    }

    std::string operator()(const core::AttemptReturned& r) const {
        return "returned " + cast.name_of(r.attempt);
    }

    std::string operator()(const core::JobEnded& r) const {
        return "ended " + cast.name_of(r.id) + " " + std::string(model::name_of(r.state)) +
               because(r.text);
    }
};

std::string event_text(const core::Announce& event, const Cast& cast) {
    std::string out = cast.name_of(event.job) + " " + std::string(model::name_of(event.kind));
    if (event.attempt != 0) {
        out += ", attempt " + std::to_string(event.attempt);
    }
    if (event.worker.value != 0) {
        out += ", " + cast.name_of(event.worker);
    }
    if (event.total != 0) {
        out += ", " + std::to_string(event.done) + " of " + std::to_string(event.total);
    }
    return out + because(event.detail) + gate(event.after);
}

// A note names workers by number, as the log does; a story by name.
std::string note_text(const core::Note& note) {
    std::string out = note.event;
    for (const auto& [key, value] : note.fields) {
        if (key != "worker") {
            out += " " + key + "=" + value;
        }
    }
    return out;
}

}  // namespace

std::string show(const core::Effects& effects, const Cast& cast) {
    std::string out;
    for (const core::Append& append : effects.appends) {
        out += "  journal " + std::to_string(append.seq) + ": " +
               std::visit(RecordInWords{cast}, append.record) + "\n";
    }
    for (const core::Announce& event : effects.announces) {
        out += "  event " + event_text(event, cast) + "\n";
    }
    for (const core::Send& send : effects.sends) {
        const MessageInWords words{cast, send.to.correlation};
        out += "  -> " + cast.name_of(send.to.peer) + " " + std::visit(words, send.what) +
               gate(send.after) + "\n";
    }
    for (const core::Note& note : effects.notes) {
        out += "  note " + note_text(note) + "\n";
    }
    for (const core::Stop& stop : effects.stops) {
        out += std::string(stop.failed ? "  stop, failed: " : "  stop: ") + stop.why + "\n";
    }
    return out;
}

}  // namespace steward::scenario
