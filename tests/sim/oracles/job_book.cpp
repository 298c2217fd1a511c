#include "tests/sim/oracles/job_book.hpp"

#include <nlohmann/json.hpp>

#include "common/model/event.hpp"
#include "common/wire/params.hpp"
#include "tests/sim/failure.hpp"

namespace steward::sim {
namespace {

model::JobOptions options_in(const nlohmann::json& event) {
    const auto found = event.find("options");
    if (found == event.end()) {
        return {};
    }
    const auto options = wire::parse_option_frame("OPTION-JSON: " + found->dump());
    if (!options) {
        broken("the options in the news can be read: " + options.error().message);
    }
    return *options;
}

// Bytes that are no text are told as an object.
std::string text_in(const nlohmann::json& event, const char* key) {
    const auto found = event.find(key);
    if (found == event.end()) {
        return {};
    }
    return found->is_string() ? found->get<std::string>() : found->dump();
}

KnownJob known_from(const nlohmann::json& event) {
    const model::JobOptions options = options_in(event);
    KnownJob job;
    job.service = text_in(event, "service");
    job.channel = options.channel.view();
    job.group = options.group.view();
    job.batch = options.batch.view();
    const std::string params = text_in(event, "params");
    if (const auto after = params.find(kFollowsBatch); after != std::string::npos) {
        const auto name = params.substr(after + kFollowsBatch.size());
        job.follows = name.substr(0, name.find(';'));
    }
    job.uid = uid_in(params).value_or(kNobodysCall);
    job.is_sync = options.sync;
    job.max_attempts = options.max_attempts;
    job.delay = options.delay;
    job.backoff = options.backoff;
    job.backoff_max = options.backoff_max;
    job.unique =
        options.unique_params ? "the params " + params : std::string(options.unique.view());
    job.is_unique_waiting = options.unique_scope == model::UniqueScope::Waiting;
    job.group_limit = options.group_limit.value_or(0);
    job.group_weight = options.group_weight.value_or(1);
    job.group_spacing = options.group_rate ? options.group_rate->spacing : Duration(0);
    job.priority = options.priority.value_or(model::kPriorityNormal);
    job.after = options.after;
    job.is_a_clients = event.contains("session");
    job.owner = text_in(event, "owner");
    return job;
}

}  // namespace

bool Heard::ends_job() const {
    const auto kind = model::event_named(event);
    return kind && model::is_end(*kind);
}

bool Heard::ends_attempt() const {
    return event == "DELEGATE_ERROR" || event == "EXECUTE_ERROR" || event == "SNOOZED" ||
           event == "RETURNED" || ends_job();
}

Heard JobBook::read(BrokerRun run, MonoTime now, const nlohmann::json& body) {
    Heard heard{run, now, body.value("event", ""), text_in(body, "service"), {}, nullptr, body};
    const auto id = model::JobId::parse(body.value("job", ""));
    if (!id || heard.event == "BATCH_COMPLETE") {
        return heard;
    }
    heard.id = *id;
    if (heard.event == "RECEIVED") {
        jobs_[*id] = known_from(body);
    }
    const auto found = jobs_.find(*id);
    if (found == jobs_.end()) {  // brought by a worker from a run that kept nothing
        return heard;
    }
    KnownJob& job = found->second;
    job.was_edited = job.was_edited || heard.event == "EDITED";
    job.was_revived =
        job.was_revived || (heard.event == "RETRY" && text_in(body, "detail") == "by an operator");
    heard.job = &job;
    return heard;
}

}  // namespace steward::sim
