// tests/sim: what every actor shares.
#include "tests/sim/stage.hpp"

#include "common/base/bytes.hpp"
#include "tests/sim/failure.hpp"
#include "tests/sim/operator_acts.hpp"

namespace steward::sim {

namespace {

constexpr access::PrincipalId kOperator{1};
constexpr access::PrincipalId kWorkers{2};
constexpr access::PrincipalId kAnn{3};
constexpr access::PrincipalId kBob{4};

std::string name_of_key(access::PrincipalId id) {
    return "key-" + std::to_string(id.value);
}

app::KeyGrants key(access::PrincipalId id, const access::GrantLines& lines) {
    return {id, name_of_key(id), access::Grants::from(lines).value()};
}

}  // namespace

std::vector<app::KeyGrants> draw_keys(Choices& choices) {
    access::GrantLines crew;
    crew.work = {"*"};
    access::GrantLines chief;
    chief.operate = true;
    std::vector<app::KeyGrants> keys = {key(kWorkers, crew), key(kOperator, chief)};
    for (const access::PrincipalId id : {kAnn, kBob}) {
        access::GrantLines lines;
        lines.submit = {"*"};
        lines.quota.jobs_max = choices.chance(1, 2) ? choices.between(2, 30) : 0;
        lines.quota.bytes_max = choices.chance(1, 3) ? choices.between(200, 20'000) : 0;
        lines.quota.submits_per_second =
            choices.chance(1, 3) ? static_cast<std::uint32_t>(choices.between(1, 50)) : 0;
        keys.push_back(key(id, lines));
    }
    return keys;
}

access::PrincipalId Stage::key_of(app::Side side, std::string_view name) const {
    if (!plan.has(Fault::Keys)) {
        return access::kAnonymous;
    }
    if (side == app::Side::Backend) {
        return kWorkers;
    }
    if (name == "op") {
        return kOperator;
    }
    return !name.empty() && name.back() % 2 == 0 ? kAnn : kBob;
}

void Stage::told_of(const model::JobId& job, std::string_view client) const {
    const auto found = owners.find(job);
    if (found != owners.end() && found->second != key_of(app::Side::Frontend, client)) {
        broken("who may not see a job hears nothing of it: " + std::string(client) +
               " was told of " + job.text());
    }
    if (plan.has(Fault::Keys)) {
        oracles.check_owner(job, name_of_key(key_of(app::Side::Frontend, client)));
    }
}

void Stage::remember(const model::JobId& job, std::string_view client) {
    if (plan.has(Fault::Keys)) {
        owners.emplace(job, key_of(app::Side::Frontend, client));
    }
    constexpr std::size_t kRemembered = 20;
    if (known_jobs.size() == kRemembered) {
        known_jobs.erase(known_jobs.begin());
    }
    known_jobs.push_back(job);
}

Uid Stage::uid_of_job(std::string_view params) const {
    if (params.find(kNobodysParams) != std::string_view::npos) {
        return kNobodysCall;
    }
    const auto uid = uid_in(params);
    if (!uid && !plan.has(Fault::Garbage)) {
        broken("params arrive as they were sent: \"" + base::printable(params) + "\"");
    }
    return uid.value_or(kNobodysCall);
}

}  // namespace steward::sim
