// tests/sim: the book of jobs' lives.
#include "tests/sim/job_events.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "broker/core/record_codec.hpp"
#include "common/base/bytes.hpp"
#include "common/model/event.hpp"
#include "tests/sim/failure.hpp"

namespace steward::sim {
namespace {

bool is_end(std::string_view event) {
    const auto kind = model::event_named(event);
    return kind && model::is_end(*kind);
}

bool is_of_no_job(std::string_view event) {
    return event == "PAUSED" || event == "RESUMED" || event == "DRAINED" || event == "DISABLED" ||
           event == "ENABLED" || event == "BATCH_COMPLETE";
}

// What takes a job out of the order in which it came.
bool leaves_order(std::string_view event) {
    return event == "DELEGATE_START" || event == "DELAYED" || event == "BLOCKED" ||
           event == "EDITED";
}

}  // namespace

void JobEvents::published(BrokerRun run, std::string_view topic, std::string_view body) {
    const auto json = nlohmann::json::parse(body, nullptr, false);
    if (!json.is_object() || !json.contains("event")) {
        broken("events are JSON: " + base::printable(body, 400));
    }
    const std::string event = json["event"].get<std::string>();
    if (is_of_no_job(event)) {
        return;
    }
    const auto job = model::JobId::parse(json.value("job", ""));
    if (!job || !topic.ends_with("." + event)) {
        broken("events name their job and topic: " + base::printable(body, 400));
    }
    const auto [place, is_first] = lives_.try_emplace({run, *job});
    Life& life = place->second;
    if (is_first) {
        begin(run, *job, json, life);
    }
    if (json.contains("options")) {
        const auto& options = json["options"];
        if (!options.value("durable", !options.value("sync", false))) {
            volatile_.insert(*job);
        }
    }
    // A broker may forget a job of an earlier run, or of another broker, that it took over from a
    // worker and that ended here; the worker may bring it once more.
    const bool was_brought_back = life.ended && job->epoch != epochs_.at(run);
    const bool goes_on = life.last_event == "DEAD" && (event == "RETRY" || event == "DISCARDED");
    if (life.ended && !was_brought_back && !goes_on) {
        broken("one end for each job: " + job->text() + " had ended with " + life.last_event +
               " and now " + event);
    }
    if (event == "DELEGATE_START") {
        check_order(run, *job, json, life);
    }
    if (leaves_order(event)) {
        life.in_order = false;
    }
    // What a worker brought from an earlier run and gives back has no params: it counts as lost.
    const bool was_given_back = job->epoch != epochs_.at(run) && json.contains("detail") &&
                                json["detail"].dump().ends_with("gave it back\"");
    if (event == "DELEGATE_ERROR" && !was_given_back) {
        const auto worker = base::from_hex(json.value("worker", ""));
        leases_.lost(run,
                     network_.link_of(run.broker, app::Side::Backend, worker.value_or("")),
                     job->text());
    }
    life.last_event = event;
    life.ended = is_end(event) || event == "DISCARDED";
    if (life.ended) {
        open_[run].erase(*job);
        ended_.insert(*job);
    } else {
        open_[run].insert(*job);
        ended_.erase(*job);
    }
}

void JobEvents::stored(std::size_t broker, std::string_view bytes) {
    auto record = core::decode_record(bytes);
    if (!record) {
        broken("the journal's records can be read: " + record.error().message);
    }
    const auto take = [&](core::Record&& fact) -> base::Expected<void> {
        if (const auto* accepted = std::get_if<core::JobAccepted>(&fact)) {
            stored_.insert(accepted->id);
            kept_open_[broker].insert(accepted->id);
        } else if (const auto* ended = std::get_if<core::JobEnded>(&fact)) {
            ended_.insert(ended->id);
            kept_open_[broker].erase(ended->id);
        } else if (const auto* retried = std::get_if<core::JobRetried>(&fact)) {
            ended_.erase(retried->id);
            kept_open_[broker].insert(retried->id);
        }
        return {};
    };
    (void)core::each_fact(*std::move(record), take);
}

void JobEvents::acknowledge(const model::JobId& job, bool has_journal) {
    // Of an earlier run a worker may have brought one that has ended since and that no record tells
    // of; that it has ended may be told a little later.
    const bool is_of_a_last_run = std::ranges::any_of(
        last_epochs_, [&](const auto& last) { return last.second == job.epoch; });
    if (has_journal && is_of_a_last_run && stored_.count(job) == 0 && ended_.count(job) == 0) {
        unsafe_.insert(job);
    }
    acknowledged_.insert(job);
}

void JobEvents::check_acknowledged() const {
    for (const model::JobId& job : unsafe_) {
        if (volatile_.count(job) == 0) {
            broken("an acknowledgement waits for the disk: " + job.text() + " is not there yet");
        }
    }
}

void JobEvents::begin(BrokerRun run,
                      const model::JobId& job,
                      const nlohmann::json& event,
                      Life& life) const {
    const bool is_accepted = event["event"] == "RECEIVED";
    const bool is_of_this_run = job.epoch == epochs_.at(run);
    if (is_of_this_run != is_accepted) {
        broken("a job's life begins once: the first event of " + job.text() + " is " +
               event.dump());
    }
    life.in_order = is_accepted;
    life.priority = model::kPriorityNormal;
    if (is_accepted && event.contains("options")) {
        const nlohmann::json& options = event["options"];
        life.priority = options.value("priority", model::kPriorityNormal);
        // These have queues and turns of their own.
        life.in_order = !has_keys_ && !options.contains("group") && !options.contains("channel");
    }
}

void JobEvents::check_order(BrokerRun run,
                            const model::JobId& job,
                            const nlohmann::json& event,
                            Life& life) {
    if (!life.in_order) {
        return;
    }
    std::uint64_t& last = last_started_[{run, event["service"].dump(), life.priority}];
    if (job.number < last) {
        broken("first in, first out: " + job.text() + " is started after number " +
               std::to_string(last));
    }
    last = job.number;
}

std::size_t JobEvents::open_count(BrokerRun run) const {
    const auto found = open_.find(run);
    return found == open_.end() ? 0 : found->second.size();
}

std::string JobEvents::acknowledged_and_gone() const {
    for (const model::JobId& job : acknowledged_) {
        if (ended_.count(job) == 0) {
            return job.text();
        }
    }
    return {};
}

std::string JobEvents::kept_and_open(std::size_t broker) const {
    const auto found = kept_open_.find(broker);
    return found == kept_open_.end() || found->second.empty() ? "" : found->second.begin()->text();
}

std::string JobEvents::any_open(BrokerRun run) const {
    const auto found = open_.find(run);
    if (found == open_.end() || found->second.empty()) {
        return "none";
    }
    const model::JobId& job = *found->second.begin();
    return job.text() + " whose last event was " + lives_.at({run, job}).last_event;
}

}  // namespace steward::sim
