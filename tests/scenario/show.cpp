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
        return "taken " + number() + ": " + cast.name_of(m.job) +
               (m.is_duplicate ? ", an earlier job" : "");
    }

    std::string operator()(const core::JobsTaken& m) const {
        return "taken " + std::to_string(m.count) + " from " + number() + ": " +
               cast.name_of(m.first) + " and on";
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

    std::string operator()(const core::Answer& m) const { return "answer " + in_words(*m.report); }

    std::string operator()(const core::Done& m) const {
        return "done, changed " + std::to_string(m.changed) +
               (m.next != 0 ? ", more from " + std::to_string(m.next) : "");
    }

    std::string operator()(const core::Welcome& m) const {
        return "welcome, heartbeat every " + text_of(m.heartbeat_interval);
    }

    std::string operator()(const core::Assign& m) const {
        return "assign " + cast.name_of(m.attempt) + " " + std::string(m.service.view()) + " " +
               quoted(m.params) + " within " + text_of(m.time_limit) +
               (m.options != nullptr ? shown(*m.options) : "");
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

    std::string operator()(const core::Ask& m) const {
        return std::string("ask ") + (m.what == core::Question::Stop ? "to stop" : "check") +
               (m.privileged ? " privileged" : "") + " as " + std::to_string(m.number);
    }

    std::string operator()(const core::WorkerSays& m) const {
        return "worker says \"" + std::string(m.answer.view()) + '"';
    }

    std::string operator()(const core::Disconnect& m) const {
        return "disconnect" + because(m.why);
    }

    std::string operator()(const core::HeartbeatOut&) const { return "heartbeat"; }

    // What the job sees of its own options.
    static std::string shown(const model::JobOptions& options) {
        std::string out;
        const auto add = [&](std::string_view name, std::string_view value) {
            if (!value.empty()) {
                out += ", " + std::string(name) + " " + std::string(value);
            }
        };
        add("priority", options.priority ? std::to_string(*options.priority) : "");
        add("memory", options.memory_limit ? std::to_string(*options.memory_limit) : "");
        add("channel", options.channel.view());
        add("context", options.context.view());
        add("group", options.group.view());
        add("batch", options.batch.view());
        return out;
    }

    // Reports that stories ask for in words, others as the wire has them.
    [[nodiscard]] std::string in_words(const model::Report& report) const {
        if (const auto* why = std::get_if<model::WhyReport>(&report)) {
            std::string out = "about " + row(why->job);
            for (const std::string& reason : why->reasons) {
                out += "\n       " + reason;
            }
            return out;
        }
        if (const auto* list = std::get_if<model::ListReport>(&report)) {
            std::string out = "jobs";
            for (const model::JobRow& job : list->rows) {
                out += " " + row(job) + ",";
            }
            return out + (list->next != 0 ? " more" : " no more");
        }
        return wire::to_json(report, [this](model::Peer peer) { return cast.name_of(peer); });
    }

    [[nodiscard]] std::string row(const model::JobRow& job) const {
        return cast.name_of(job.id) + " " + std::string(model::name_of(job.state));
    }
};

struct RecordInWords {
    const Cast& cast;

    std::string operator()(const core::JobAccepted& r) const {
        return "accepted " + cast.name_of(r.id) + " " + std::string(r.spec.service.view()) + " " +
               quoted(r.spec.params) + label(", ends the batch ", r.ends_batch);
    }

    std::string operator()(const core::AttemptStarted& r) const {
        return "started " + cast.name_of(r.attempt);
    }

    std::string operator()(const core::JobsAccepted& r) const {
        std::string text =
            "accepted " + std::to_string(r.jobs.size()) + " " + std::string(r.service.view());
        model::JobId id = r.first;
        for (const core::JobsAccepted::One& one : r.jobs) {
            text += (id == r.first ? ": " : ", ") + cast.name_of(id) + " " + quoted(one.params);
            ++id.number;
        }
        return text;
    }

    std::string operator()(const core::AttemptsStarted& r) const {
        std::string text = "started";
        for (const core::AttemptsStarted::One& one : r.attempts) {
            text += " " + cast.name_of(model::Attempt{{r.epoch, one.job}, one.attempt});
        }
        return text;
    }

    std::string operator()(const core::JobsSucceeded& r) const {
        std::string text = "succeeded";
        for (const core::JobsSucceeded::One& one : r.jobs) {
            text += " " + cast.name_of(model::JobId{r.epoch, one.job});
        }
        return text;
    }

    std::string operator()(const core::AttemptFailed& r) const {
        return (r.was_lost ? "lost " : "failed ") + cast.name_of(r.attempt) + ", due in " +
               text_of(r.due - r.at) + because(r.text);
    }

    std::string operator()(const core::AttemptReturned& r) const {
        return "returned " + cast.name_of(r.attempt);
    }

    std::string operator()(const core::AttemptSnoozed& r) const {
        return "snoozed " + cast.name_of(r.attempt);
    }

    std::string operator()(const core::JobCancelled& r) const {
        return "cancelled " + cast.name_of(r.id);
    }

    std::string operator()(const core::JobEdited& r) const {
        return "edited " + cast.name_of(r.id) + " priority " + std::to_string(r.priority) +
               (r.params ? " params " + quoted(*r.params) : "");
    }

    std::string operator()(const core::DependencyMet& r) const {
        return "met " + cast.name_of(r.id) + " has no need of " + cast.name_of(r.dependency) +
               " any more";
    }

    std::string operator()(const core::JobEnded& r) const {
        return "ended " + cast.name_of(r.id) + " " + std::string(model::name_of(r.state)) +
               because(r.text);
    }

    std::string operator()(const core::JobRetried& r) const {
        std::string text = "retried " + cast.name_of(r.id);
        for (const model::JobId& id : r.after) {
            text += (&id == &r.after.front() ? " after " : ", ") + cast.name_of(id);
        }
        return text;
    }

    std::string operator()(const core::JobDiscarded& r) const {
        return "discarded " + cast.name_of(r.id);
    }

    std::string operator()(const core::ModesChanged& r) const {
        std::string out = "modes";
        for (const core::ModeChange& change : r.changes) {
            out += " " + (change.service.empty() ? "*" : change.service) + "=" +
                   std::string(core::name_of(change.mode));
        }
        return out;
    }

    std::string operator()(const core::LimitSet& r) const {
        return label("limit ", r.limit.name) + " set";
    }

    std::string operator()(const core::LimitRemoved& r) const {
        return label("limit ", r.name) + " removed";
    }

    std::string operator()(const core::GroupSet& r) const {
        return label("group ", r.name) + " set: weight " + std::to_string(r.weight) + ", limit " +
               std::to_string(r.limit) + ", spacing " + text_of(r.spacing);
    }

    std::string operator()(const core::ScheduleSet& r) const {
        return label("schedule ", r.schedule.name) + " set";
    }

    std::string operator()(const core::ScheduleRemoved& r) const {
        return label("schedule ", r.name) + " removed";
    }

    std::string operator()(const core::ScheduleMoved& r) const {
        return label("schedule ", r.name) + " moved";
    }

    std::string operator()(const core::BatchOpened& r) const {
        return label("batch ", r.name) + " opened" +
               (r.then ? ", then " + std::string(r.then->service.view()) : "");
    }

    std::string operator()(const core::BatchClosed& r) const {
        return label("batch ", r.name) + " closed";
    }

    std::string operator()(const core::BatchEnded& r) const {
        return label("batch ", r.name) + " ended";
    }

    // Facts of checkpoints are in no story.
    template <class Standing>
    std::string operator()(const Standing& /*fact*/) const {
        return "a fact of a checkpoint";
    }

    static std::string label(const char* before, const model::Label& name) {
        return name.empty() ? "" : before + std::string(name.view());
    }
};

// A job's event, or a service's or a batch's.
std::string event_text(const core::Announce& event, const Cast& cast) {
    const bool is_of_batch = event.kind == model::EventKind::BatchComplete;
    const bool is_of_job = event.job != model::JobId{} && !is_of_batch;
    const core::AnnounceExtras none;
    const core::AnnounceExtras& more = event.extras != nullptr ? *event.extras : none;
    const std::string_view of = is_of_batch ? more.names.batch.view() : event.service.view();
    std::string out = is_of_job ? cast.name_of(event.job) : std::string(of);
    out += " " + std::string(model::name_of(event.kind));
    if (event.attempt != 0) {
        out += ", attempt " + std::to_string(event.attempt);
    }
    if (event.worker.value != 0) {
        out += ", " + cast.name_of(event.worker);
    }
    if (more.total != 0) {
        out += ", " + std::to_string(more.done) + " of " + std::to_string(more.total);
    }
    if (is_of_batch && event.job != model::JobId{}) {
        out += ", then " + cast.name_of(event.job);
    }
    if (more.due) {
        out += ", due in " + text_of(*more.due - event.at);
    }
    return out + because(more.detail) + gate(event.after);
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
    return cast.with_names(std::move(out));
}

}  // namespace steward::scenario
