#include "client/cli/replay_plan.hpp"

#include <algorithm>
#include <utility>

#include "client/cli/fields.hpp"
#include "client/client.hpp"
#include "common/base/prng.hpp"
#include "common/model/event.hpp"
#include "common/wire/json_text.hpp"
#include "common/wire/params.hpp"
#include "common/wire/payload_text.hpp"

namespace steward::cli {

namespace {

using base::Errc;
using model::EventKind;
using nlohmann::json;

constexpr std::uint64_t kNumbersASession = 1024;  // of those made from job ids

std::optional<model::Encoding> encoding_named(std::string_view name) {
    for (int i = 0; i <= static_cast<int>(model::Encoding::Php); ++i) {
        const auto encoding = static_cast<model::Encoding>(i);
        if (wire::name_of(encoding) == name) {
            return encoding;
        }
    }
    return std::nullopt;
}

// A text as it is; bytes that are none as {"base64": …}.
std::optional<std::string> bytes_of(const json& params) {
    if (params.is_string()) {
        return params.get<std::string>();
    }
    const json* text = member(params, "base64");
    return text != nullptr && text->is_string() ? wire::from_base64(text->get<std::string>())
                                                : std::nullopt;
}

std::optional<model::Payload> payload_of(const json& event) {
    const json* encoding = member(event, "encoding");
    const json* params = member(event, "params");
    if (member(event, "params_bytes") != nullptr) {
        return std::nullopt;  // there were more than the log shows
    }
    if (encoding == nullptr || params == nullptr) {
        return model::Payload{};
    }
    const auto named = encoding_named(text_of(encoding));
    const auto bytes = bytes_of(*params);
    if (!named || !bytes) {
        return std::nullopt;
    }
    return model::Payload{*named, base::Blob::copy(*bytes)};
}

std::optional<model::JobOptions> options_of(const json& event) {
    const json* names = member(event, "options");
    auto options = client::job_options(names != nullptr ? *names : json::object());
    if (!options) {
        return std::nullopt;
    }
    // These stand beside the options, in every event of the job.
    const auto fill = [&](model::Label& label, const char* name) {
        if (label.empty()) {
            label = model::Label(text_of(member(event, name)));
        }
    };
    fill(options->context, "context");
    fill(options->group, "group");
    fill(options->batch, "batch");
    return *options;
}

}  // namespace

void ReplayLog::read(std::string_view line) {
    const auto event = wire::decode_params({model::Encoding::Json, base::Blob::copy(line)});
    const auto kind = event ? model::event_named(text_of(member(*event, "event"))) : std::nullopt;
    if (!kind) {
        ++unreadable_;
        return;
    }
    ++events_;
    const auto id = model::JobId::parse(text_of(member(*event, "job")));
    if (!id) {
        return;  // of a service or batch
    }
    if (*kind == EventKind::Received) {
        on_received(*id, *event);
        return;
    }
    const auto found = open_.find(*id);
    if (*kind == EventKind::Retry && found != open_.end()) {
        found->second.is_dead = false;
    } else if (*kind == EventKind::Dead && found != open_.end()) {
        found->second.is_dead = true;  // it may be retried
    } else if (*kind == EventKind::ExecuteComplete) {
        succeeded_.insert(*id);
        remove(*id);
    } else if (is_end(*kind) || *kind == EventKind::Discarded) {
        ended_.insert(*id);
        remove(*id);
    }
}

void ReplayLog::on_received(const model::JobId& job, const json& event) {
    if (succeeded_.contains(job) || ended_.contains(job)) {
        return;  // logs in another order than they were written
    }
    auto service = model::ServiceName::parse(text_of(member(event, "service")));
    auto params = payload_of(event);
    auto options = options_of(event);
    if (!service || !params || !options) {
        ++unreadable_;
        return;
    }
    UnfinishedJob received;
    received.id = job;
    received.received_at =
        base::WallTime(seconds_of(member(event, "at")).value_or(base::Duration::zero()));
    received.submission = {count_of(member(event, "session")), count_of(member(event, "number"))};
    if (received.submission.session == 0) {
        received.submission = submission_for(job);
    }
    received.was_call = options->sync;
    received.spec = {std::move(*service), std::move(*params), std::move(*options)};
    add(std::move(received));
}

// A second job of one submission is the first one again, after the broker had lost that.
void ReplayLog::add(UnfinishedJob&& job) {
    const model::JobId id = job.id;
    const auto [known, is_new] = by_submission_.try_emplace(job.submission, id);
    if (!is_new && known->second != id) {
        replayed_as_[known->second] = id;
        open_.erase(known->second);
        known->second = id;
    }
    open_.try_emplace(id, Received{std::move(job), events_, false});
}

void ReplayLog::remove(const model::JobId& job) {
    const auto found = open_.find(job);
    if (found != open_.end()) {
        by_submission_.erase(found->second.job.submission);
        open_.erase(found);
    }
}

model::JobId ReplayLog::latest(model::JobId job) const {
    for (auto found = replayed_as_.find(job); found != replayed_as_.end();
         found = replayed_as_.find(job)) {
        job = found->second;
    }
    return job;
}

std::vector<UnfinishedJob> ReplayLog::unfinished(const Choice& choice) const {
    std::vector<const Received*> chosen;
    for (const auto& [id, received] : open_) {
        const UnfinishedJob& job = received.job;
        if (!received.is_dead &&
            (choice.service.empty() || job.spec.service.view() == choice.service) &&
            (!choice.since || job.received_at >= *choice.since)) {
            chosen.push_back(&received);
        }
    }
    std::ranges::sort(chosen, {}, &Received::order);
    std::vector<UnfinishedJob> jobs;
    jobs.reserve(chosen.size());
    for (const Received* received : chosen) {
        UnfinishedJob& job = jobs.emplace_back(received->job);
        for (model::JobId& id : job.spec.options.after) {
            id = latest(id);
        }
    }
    return jobs;
}

bool ReplayLog::has_succeeded(const model::JobId& job) const {
    return succeeded_.contains(job);
}

std::optional<model::JobSpec> spec_now(const UnfinishedJob& job, base::WallTime now) {
    model::JobSpec spec = job.spec;
    model::JobOptions& options = spec.options;
    options.sync = false;
    options.wait.reset();
    if (options.delay) {
        options.run_at = job.received_at + *options.delay;
        options.delay.reset();
    }
    if (options.run_at && *options.run_at <= now) {
        options.run_at.reset();
    }
    if (options.expires_in) {
        const base::Duration left = job.received_at + *options.expires_in - now;
        if (left <= base::Duration::zero()) {
            return std::nullopt;
        }
        options.expires_in = std::min(left, *options.expires_in);
    }
    return spec;
}

model::SubmissionId submission_for(const model::JobId& job) {
    // The numbers of a session stay few, so that a broker can hold all of them.
    base::Prng mixed(job.epoch ^ (job.number / kNumbersASession * 0x9E3779B97F4A7C15ULL));
    std::uint64_t session = mixed.next();
    while (session == 0) {
        session = mixed.next();
    }
    return {session, job.number % kNumbersASession + 1};
}

}  // namespace steward::cli
