#include "client/cli/journal_facts.hpp"

#include <string>
#include <type_traits>

#include "common/base/bytes.hpp"
#include "common/wire/event_json.hpp"
#include "common/wire/json_text.hpp"
#include "common/wire/options.hpp"
#include "common/wire/payload_text.hpp"

namespace steward::cli {

namespace {

using namespace core;
using nlohmann::json;

json of(const model::JobId& id) {
    return id.text();
}

json of(base::Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

json of(base::WallTime at) {
    return of(at.time_since_epoch());
}

json of(std::string_view text) {
    if (base::is_utf8(text)) {
        return text;
    }
    return {{"base64", wire::to_base64(text)}};
}

json of(const model::Label& label) {
    return of(label.view());
}

json of(const model::ServiceName& service) {
    return of(service.view());
}

json of(model::JobState state) {
    return std::string(model::name_of(state));
}

json of(const model::Payload& payload) {
    const std::string_view bytes = payload.bytes.view();
    json value = {{"encoding", std::string(wire::name_of(payload.encoding))}};
    if (payload.encoding != model::Encoding::Absent) {
        const bool is_text = base::is_utf8(bytes);
        value[is_text ? "text" : "base64"] = is_text ? std::string(bytes) : wire::to_base64(bytes);
    }
    return value;
}

json of(const model::JobOptions& options) {
    std::string text;
    wire::append_options_json(text, options);
    return json::parse(text, nullptr, false);
}

// The members of one fact.
class Members {
public:
    explicit Members(std::string_view fact) { value_["fact"] = std::string(fact); }

    template <class Value>
    Members& put(const char* name, const Value& value) {
        if constexpr (std::is_arithmetic_v<Value>) {
            value_[name] = value;
        } else {
            value_[name] = of(value);
        }
        return *this;
    }

    Members& put(const char* name, const std::string& value) {
        return put(name, std::string_view(value));
    }

    template <class Value>
    Members& put_unless_empty(const char* name, const Value& value) {
        return value.empty() ? *this : put(name, value);
    }

    Members& put_unless_zero(const char* name, base::WallTime at) {
        return at == base::WallTime{} ? *this : put(name, at);
    }

    template <class Value>
    Members& put_if(const char* name, const std::optional<Value>& value) {
        return value ? put(name, *value) : *this;
    }

    Members& put_attempt(const model::Attempt& attempt) {
        return put("job", attempt.job).put("attempt", attempt.number);
    }

    Members& put_payload(const char* name, const model::Payload& payload) {
        return payload.encoding == model::Encoding::Absent ? *this : put(name, payload);
    }

    Members& put_spec(const model::JobSpec& spec) {
        return put("service", spec.service)
            .put_payload("params", spec.params)
            .put("options", spec.options);
    }

    // Cheaper than copying, and the end of the chain.
    [[nodiscard]] json take() { return std::move(value_); }

    json& raw(const char* name) { return value_[name]; }

private:
    json value_ = json::object();
};

json spec_json(const model::JobSpec& spec) {
    json value = Members({}).put_spec(spec).take();
    value.erase("fact");
    return value;
}

// ---- names ----
template <class Fact>
constexpr std::string_view kName = {};
template <>
constexpr std::string_view kName<JobAccepted> = "JobAccepted";
template <>
constexpr std::string_view kName<AttemptStarted> = "AttemptStarted";
template <>
constexpr std::string_view kName<AttemptFailed> = "AttemptFailed";
template <>
constexpr std::string_view kName<AttemptReturned> = "AttemptReturned";
template <>
constexpr std::string_view kName<AttemptSnoozed> = "AttemptSnoozed";
template <>
constexpr std::string_view kName<JobCancelled> = "JobCancelled";
template <>
constexpr std::string_view kName<JobEdited> = "JobEdited";
template <>
constexpr std::string_view kName<DependencyMet> = "DependencyMet";
template <>
constexpr std::string_view kName<JobEnded> = "JobEnded";
template <>
constexpr std::string_view kName<JobRetried> = "JobRetried";
template <>
constexpr std::string_view kName<JobDiscarded> = "JobDiscarded";
template <>
constexpr std::string_view kName<ModesChanged> = "ModesChanged";
template <>
constexpr std::string_view kName<LimitSet> = "LimitSet";
template <>
constexpr std::string_view kName<LimitRemoved> = "LimitRemoved";
template <>
constexpr std::string_view kName<GroupSet> = "GroupSet";
template <>
constexpr std::string_view kName<ScheduleSet> = "ScheduleSet";
template <>
constexpr std::string_view kName<ScheduleRemoved> = "ScheduleRemoved";
template <>
constexpr std::string_view kName<ScheduleMoved> = "ScheduleMoved";
template <>
constexpr std::string_view kName<BatchOpened> = "BatchOpened";
template <>
constexpr std::string_view kName<BatchClosed> = "BatchClosed";
template <>
constexpr std::string_view kName<BatchEnded> = "BatchEnded";
template <>
constexpr std::string_view kName<JobStands> = "JobStands";
template <>
constexpr std::string_view kName<ResultKept> = "ResultKept";
template <>
constexpr std::string_view kName<SubmissionsSeen> = "SubmissionsSeen";
template <>
constexpr std::string_view kName<BatchStands> = "BatchStands";
template <>
constexpr std::string_view kName<ScheduleRan> = "ScheduleRan";
template <>
constexpr std::string_view kName<JobsSpilled> = "JobsSpilled";
template <>
constexpr std::string_view kName<JobsAccepted> = "JobsAccepted";
template <>
constexpr std::string_view kName<AttemptsStarted> = "AttemptsStarted";
template <>
constexpr std::string_view kName<JobsSucceeded> = "JobsSucceeded";

std::string_view word_of(AttemptFate fate) {
    switch (fate) {
        case AttemptFate::Open: return "open";
        case AttemptFate::Lost: return "lost";
        case AttemptFate::Over: return "over";
    }
    return "unknown";
}

// ---- facts of jobs ----
void fill(Members& to, const JobAccepted& fact) {
    to.put("job", fact.id).put("at", fact.at).put_spec(fact.spec);
    if (fact.submission.session != 0) {
        to.put("session", fact.submission.session).put("number", fact.submission.number);
    }
    if (!fact.schedule.empty()) {
        to.put("schedule", fact.schedule).put("instant", fact.instant);
    }
    to.put_unless_empty("ends_batch", fact.ends_batch).put_unless_empty("owner", fact.owner);
}

void fill(Members& to, const AttemptStarted& fact) {
    to.put_attempt(fact.attempt).put("at", fact.at);
}

void fill(Members& to, const AttemptFailed& fact) {
    to.put_attempt(fact.attempt)
        .put("at", fact.at)
        .put("due", fact.due)
        .put_unless_empty("text", fact.text)
        .put("was_lost", fact.was_lost);
}

void fill(Members& to, const AttemptReturned& fact) {
    to.put_attempt(fact.attempt);
}

void fill(Members& to, const AttemptSnoozed& fact) {
    to.put_attempt(fact.attempt).put("due", fact.due);
}

void fill(Members& to, const JobCancelled& fact) {
    to.put("job", fact.id).put("at", fact.at);
}

void fill(Members& to, const JobEdited& fact) {
    to.put("job", fact.id).put("priority", fact.priority).put("due", fact.due);
    to.put_if("params", fact.params);
    if (fact.meta) {
        to.put("meta", model::Payload{model::Encoding::Msgpack, *fact.meta});
    }
}

void fill(Members& to, const DependencyMet& fact) {
    to.put("job", fact.id).put("dependency", fact.dependency);
}

void fill(Members& to, const JobEnded& fact) {
    to.put("job", fact.id)
        .put("state", fact.state)
        .put("at", fact.at)
        .put_unless_empty("text", fact.text)
        .put_payload("result", fact.result)
        .put("failures", fact.failures)
        .put("losses", fact.losses);
}

void fill(Members& to, const JobRetried& fact) {
    to.put("job", fact.id).put("at", fact.at);
}

void fill(Members& to, const JobDiscarded& fact) {
    to.put("job", fact.id);
}

// ---- facts of neighbours: each job is told of by itself, see core::each_fact ----
void fill(Members& to, const JobsAccepted& fact) {
    to.put("first", fact.first).put("count", fact.jobs.size()).put("at", fact.at);
}

void fill(Members& to, const AttemptsStarted& fact) {
    to.put("count", fact.attempts.size()).put("at", fact.at);
}

void fill(Members& to, const JobsSucceeded& fact) {
    to.put("count", fact.jobs.size()).put("at", fact.at);
}

// ---- facts of what is beside jobs ----
void fill(Members& to, const ModesChanged& fact) {
    json& changes = to.raw("changes") = json::array();
    for (const ModeChange& change : fact.changes) {
        changes.push_back({{"service", of(std::string_view(change.service))},
                           {"mode", std::string(core::name_of(change.mode))}});
    }
}

void fill(Members& to, const LimitSet& fact) {
    to.put("limit", fact.limit.name).put_if("at_once", fact.limit.at_once);
    if (fact.limit.rate) {
        to.put("rate", wire::rate_text(*fact.limit.rate));
    }
    json& services = to.raw("services") = json::array();
    for (const std::string& service : fact.limit.services) {
        services.push_back(of(std::string_view(service)));
    }
}

void fill(Members& to, const LimitRemoved& fact) {
    to.put("limit", fact.name);
}

void fill(Members& to, const GroupSet& fact) {
    to.put("group", fact.name).put("weight", fact.weight).put("at_once", fact.limit);
    if (fact.spacing > base::Duration::zero()) {
        to.put("rate", wire::rate_text(model::Rate{fact.spacing}));
    }
}

void fill(Members& to, const ScheduleSet& fact) {
    to.put("schedule", fact.schedule.name)
        .put("expression", fact.schedule.expression)
        .put("zone", fact.schedule.zone.name)
        .put("missed", model::name_of(fact.schedule.missed))
        .put("at", fact.at)
        .put("is_configured", fact.is_configured)
        .put_spec(fact.schedule.job);
}

void fill(Members& to, const ScheduleRemoved& fact) {
    to.put("schedule", fact.name);
}

void fill(Members& to, const ScheduleMoved& fact) {
    to.put("schedule", fact.name).put("instant", fact.instant);
}

void fill(Members& to, const BatchOpened& fact) {
    to.put("batch", fact.name).put("at", fact.at).put_unless_empty("owner", fact.owner);
    if (fact.then) {
        to.raw("then") = spec_json(*fact.then);
    }
}

void fill(Members& to, const BatchClosed& fact) {
    to.put("batch", fact.name).put_unless_empty("owner", fact.owner);
}

void fill(Members& to, const BatchEnded& fact) {
    to.put("batch", fact.name).put_unless_empty("owner", fact.owner);
}

// ---- how things stand ----
void fill(Members& to, const JobStands& fact) {
    to.put("job", fact.id)
        .put("attempt", fact.attempt)
        .put("fate", word_of(fact.fate))
        .put("is_active", fact.is_active)
        .put("is_cancelling", fact.is_cancelling)
        .put("failures", fact.failures)
        .put("losses", fact.losses)
        .put("failures_max", fact.failures_max)
        .put("losses_max", fact.losses_max)
        .put("due", fact.due)
        .put_if("expires", fact.expires)
        .put_unless_zero("started_at", fact.started_at)
        .put_unless_empty("text", fact.text);
}

void fill(Members& to, const ResultKept& fact) {
    to.put("job", fact.id)
        .put("service", fact.service)
        .put("state", fact.state)
        .put("priority", fact.priority)
        .put("attempt", fact.attempt)
        .put_unless_empty("text", fact.text)
        .put_payload("result", fact.result)
        .put("accepted_at", fact.accepted_at)
        .put_unless_zero("started_at", fact.started_at)
        .put("ended_at", fact.ended_at)
        .put("forget_at", fact.forget_at)
        .put_unless_empty("channel", fact.channel)
        .put_unless_empty("context", fact.context)
        .put_unless_empty("group", fact.group)
        .put_unless_empty("batch", fact.batch)
        .put_unless_empty("owner", fact.owner);
}

void fill(Members& to, const SubmissionsSeen& fact) {
    to.put("session", fact.session).put("base", fact.base);
    json& seen = to.raw("seen") = json::array();
    for (const SubmissionsSeen::One& one : fact.seen) {
        seen.push_back({{"number", one.number}, {"job", one.job.text()}});
    }
}

void fill(Members& to, const BatchStands& fact) {
    to.put("batch", fact.name)
        .put("total", fact.total)
        .put("succeeded", fact.succeeded)
        .put("failed", fact.failed)
        .put("is_closed", fact.is_closed)
        .put_if("ended_at", fact.ended_at)
        .put_if("followed_by", fact.followed_by)
        .put_unless_empty("owner", fact.owner);
}

void fill(Members& to, const ScheduleRan& fact) {
    to.put("schedule", fact.name).put("instant", fact.instant).put("job", fact.job);
}

void fill(Members& to, const JobsSpilled& fact) {
    to.put("spill", fact.spill).put("service", fact.service);
    to.raw("options") = of(fact.options);
    to.put("jobs", fact.count);
    to.raw("gone") = fact.gone;
    to.put_unless_empty("owner", fact.owner);
}

}  // namespace

std::string_view name_of(const core::Record& fact) {
    return std::visit(
        [](const auto& one) {
            constexpr std::string_view kThis = kName<std::remove_cvref_t<decltype(one)>>;
            static_assert(!kThis.empty(), "every fact has a name");
            return kThis;
        },
        fact);
}

nlohmann::json fact_json(const core::Record& fact) {
    Members members(name_of(fact));
    std::visit([&](const auto& one) { fill(members, one); }, fact);
    return members.take();
}

}  // namespace steward::cli
