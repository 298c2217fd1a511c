#include "tests/sim/oracles/followers.hpp"

#include <nlohmann/json.hpp>

#include "tests/sim/failure.hpp"

namespace steward::sim {
namespace {

constexpr char kPart = 'h';

}  // namespace

std::string part_text(std::uint64_t serial) {
    return kPart + std::to_string(serial) + "x";
}

void Followers::asked(BrokerRun run, LinkId from, std::uint64_t number, const model::JobId& job) {
    if (is_clean_) {
        open_[{run.broker, run.run, from, number}] = {job, {}};
    }
}

void Followers::part_came(BrokerRun run, const model::JobId& job, std::string_view data) {
    const auto serial = uid_in(data, kPart);
    if (!serial) {
        return;
    }
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
    const auto serial = uid_in(data, kPart);
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
}

void Followers::end_sent(BrokerRun run, LinkId to, std::uint64_t number) {
    const Asked who{run.broker, run.run, to, number};
    if (ended_.contains(who)) {
        broken("there is one end: #" + std::to_string(number) + " has two");
    }
    if (open_.erase(who) != 0) {
        ended_.insert(who);
    }
}

void Followers::hear(const Heard& heard) {
    if (heard.event == "PROGRESS") {
        counted_.insert(heard.body.value("done", std::uint64_t{0}));
    }
}

void Followers::turn_ended(BrokerRun /*run*/) {
    for (const std::uint64_t serial : counted_) {
        const auto found = there_.find(serial);
        if (found == there_.end()) {
            continue;
        }
        for (const Asked& who : found->second) {
            check(who, serial);
        }
        there_.erase(found);
    }
    counted_.clear();
}

void Followers::check(const Asked& who, std::uint64_t serial) const {
    const auto found = open_.find(who);
    if (found == open_.end() || !is_quick_ || network_.was_hurt(who.link) ||
        !network_.stands(who.link)) {
        return;
    }
    if (!found->second.parts.contains(serial)) {
        broken("who follows hears each part: #" + std::to_string(who.number) + " of " +
               found->second.job.text() + " was there and does not hear part " +
               std::to_string(serial));
    }
}

}  // namespace steward::sim
