#include "tests/sim/oracles/followers.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "tests/sim/failure.hpp"

namespace steward::sim {
namespace {

constexpr char kPart = 'h';

}  // namespace

std::string part_text(std::uint64_t serial) {
    return kPart + std::to_string(serial) + "x";
}

std::optional<std::uint64_t> serial_of_part(std::string_view text) {
    return uid_in(text, kPart);
}

void Followers::asked(
    BrokerRun run, LinkId from, std::uint64_t number, const model::JobId& job, MonoTime now) {
    if (!world_.is_clean) {
        return;
    }
    Follower& follower = open_[{run.broker, run.run, from, number}];
    follower = {job, {}};
    const auto last = last_.find({run.broker, run.run, job});
    if (last != last_.end() && now < last->second.until) {
        follower.last = last->second.said;
    }
}

void Followers::part_came(BrokerRun run,
                          const model::JobId& job,
                          std::string_view data,
                          MonoTime now) {
    const auto serial = serial_of_part(data);
    if (!serial) {
        return;
    }
    came_at_[*serial] = now;
    std::vector<Asked>& there = there_[*serial];
    there.clear();  // of a broker that its worker has left
    for (const auto& [who, follower] : open_) {
        if (follower.job == job && who.broker == run.broker && who.run == run.run) {
            there.push_back(who);
        }
    }
}

void Followers::part_sent(BrokerRun run, LinkId to, std::uint64_t number, std::string_view data) {
    const Asked who{run.broker, run.run, to, number};
    const auto serial = serial_of_part(data);
    if (ended_.contains(who)) {
        broken("nothing comes behind the end: #" + std::to_string(number) + " hears part " +
               std::string(data));
    }
    const auto found = open_.find(who);
    if (!serial || found == open_.end()) {
        return;  // of a call
    }
    std::set<std::uint64_t>& parts = found->second.parts;
    if (!parts.empty() && *parts.rbegin() >= *serial) {
        broken("parts come once and in order: #" + std::to_string(number) + " of " +
               found->second.job.text() + " hears part " + std::to_string(*serial) + " behind " +
               std::to_string(*parts.rbegin()));
    }
    parts.insert(*serial);
    ++heard_;
    const auto there = there_.find(*serial);
    const bool was_there =
        there != there_.end() && std::ranges::find(there->second, who) != there->second.end();
    heard_late_ += was_there ? 0 : 1;
    heard_last_ += std::ranges::count(found->second.last, *serial) != 0 ? 1U : 0U;
}

void Followers::end_sent(BrokerRun run, LinkId to, std::uint64_t number, bool is_result) {
    const Asked who{run.broker, run.run, to, number};
    if (ended_.contains(who)) {
        broken("there is one end: #" + std::to_string(number) + " has two");
    }
    if (is_result) {
        check_before_end(who);
    }
    if (open_.erase(who) != 0) {
        ended_.insert(who);
    }
}

void Followers::hear(const Heard& heard) {
    const JobOfRun key{heard.run.broker, heard.run.run, heard.id};
    if (heard.event != "PROGRESS") {
        end_attempt(heard, key);
        return;
    }
    const auto serial = heard.body.value("done", std::uint64_t{0});
    Serials said;
    if (heard.job != nullptr && !heard.job->is_sync) {
        said_[key].push_back(serial);
        said = said_[key];
    } else {
        said.push_back(serial);
    }
    counted_[heard.run][serial] = std::move(said);
}

// What an attempt said stays when its job ends with it. What is told of its failure and of a
// cancellation comes before the end.
void Followers::end_attempt(const Heard& heard, const JobOfRun& key) {
    if (heard.event == "EXECUTE_ERROR" || heard.event == "DELEGATE_ERROR" ||
        heard.event == "CANCELLING") {
        return;
    }
    const auto said = said_.find(key);
    if (heard.ends_job() && said != said_.end() && world_.is_roomy) {
        // The end was no earlier than the last part.
        last_[key] = {said->second, came_at_[said->second.back()] + world_.parts_ttl};
    } else if (!heard.ends_job()) {
        last_.erase(key);  // it is tried again, or discarded
        for (auto& [who, follower] : open_) {
            if (follower.job == heard.id) {
                follower.last.clear();
            }
        }
    }
    said_.erase(key);
}

// What is said to one peer leaves in order: behind the result no part waits any more.
void Followers::check_before_end(const Asked& who) const {
    if (const auto follower = open_.find(who); follower != open_.end()) {
        for (const std::uint64_t serial : follower->second.last) {
            check(who, serial);
        }
    }
    const auto counted = counted_.find({who.broker, who.run});
    if (counted == counted_.end()) {
        return;
    }
    for (const auto& [serial, said] : counted->second) {
        const auto found = there_.find(serial);
        if (found != there_.end() && std::ranges::find(found->second, who) != found->second.end()) {
            for (const std::uint64_t one : said) {
                check(who, one);
            }
        }
    }
}

void Followers::turn_ended(BrokerRun run, bool is_all_said) {
    const auto counted = counted_.find(run);
    if (!is_all_said || counted == counted_.end()) {
        return;
    }
    for (const auto& [serial, said] : counted->second) {
        const auto found = there_.find(serial);
        if (found == there_.end()) {
            continue;
        }
        for (const Asked& who : found->second) {
            for (const std::uint64_t one : said) {
                check(who, one);
            }
        }
        there_.erase(found);
    }
    counted_.erase(counted);
}

void Followers::check(const Asked& who, std::uint64_t serial) const {
    const auto found = open_.find(who);
    if (found == open_.end() || !world_.is_quick || !world_.is_roomy ||
        network_.was_hurt(who.link) || !network_.stands(who.link)) {
        return;
    }
    if (!found->second.parts.contains(serial)) {
        broken("who follows hears each part of the attempt: #" + std::to_string(who.number) +
               " of " + found->second.job.text() + " was there and has not heard part " +
               std::to_string(serial));
    }
}

}  // namespace steward::sim
