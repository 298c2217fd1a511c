#include "broker/app/rights.hpp"

#include <utility>

#include "common/base/assert.hpp"

namespace steward::app {
namespace {

bool is_of_own_jobs(core::QueryKind kind) {
    switch (kind) {
        case core::QueryKind::Jobs:
        case core::QueryKind::Active:
        case core::QueryKind::History:
        case core::QueryKind::Status:
        case core::QueryKind::List:
        case core::QueryKind::Why:
        case core::QueryKind::Batches:
        case core::QueryKind::ServiceKnown: return true;
        case core::QueryKind::Workers:
        case core::QueryKind::Services:
        case core::QueryKind::Broker:
        case core::QueryKind::Groups:
        case core::QueryKind::Limits:
        case core::QueryKind::Schedules: return false;
    }
    return false;
}

bool is_of_own_jobs(const core::Request& request) {
    return std::holds_alternative<core::CancelJobs>(request) ||
           std::holds_alternative<core::RetryDead>(request) ||
           std::holds_alternative<core::DiscardDead>(request) ||
           std::holds_alternative<core::OpenBatch>(request) ||
           std::holds_alternative<core::CloseBatch>(request);
}

}  // namespace

std::string Rights::admit(model::JobSpec& spec) const {
    std::string missing = grants.may_submit(spec.service.view());
    return missing.empty() ? grants.bind(spec.options) : missing;
}

std::string Rights::admit(core::Query& query) const {
    query.asker = asker;
    if (query.kind == core::QueryKind::ServiceKnown) {
        if (!grants.may_ask_about(query.which.service).empty()) {
            query.which.service.clear();
        }
        return {};
    }
    return is_of_own_jobs(query.kind) ? std::string() : grants.may_read_all();
}

std::string Rights::admit(core::Operator& request) const {
    request.asker = asker;
    if (!is_of_own_jobs(request.what)) {
        return grants.may_operate();
    }
    // Who sees all, and does not operate, may still change no more than his own.
    request.asker.sees_all = grants.operates();
    if (auto* open = std::get_if<core::OpenBatch>(&request.what); open != nullptr && open->then) {
        return admit(*open->then);
    }
    return {};
}

// Without the secret: what the listing of workers needs.
std::string Rights::admit(const core::AskWorker& ask) const {
    return ask.privileged ? std::string() : grants.may_read_all();
}

std::string Rights::admit(core::Ready& ready) const {
    for (const model::ServiceName& service : ready.services) {
        if (std::string missing = grants.may_work(service.view()); !missing.empty()) {
            return missing;
        }
    }
    for (const core::Ready::Running& running : ready.running) {
        if (std::string missing = grants.may_work(running.service.view()); !missing.empty()) {
            return missing;
        }
    }
    return grants.bind(ready.channels);
}

void Rights::set_grants(access::Grants given) {
    grants = std::move(given);
    asker.sees_all = grants.reads_all();
    is_known = true;
}

base::Expected<void> RightsTable::set(const std::vector<KeyGrants>& keys, core::Core& core) {
    for (const KeyGrants& key : keys) {
        if (!core.owner_of(key.name)) {
            return base::fail(base::Errc::TooManyNames,
                              "the broker has seen as many names of keys as it can tell apart; a "
                              "restart forgets those without jobs");
        }
    }
    for (const auto& rights : by_number_) {
        rights->grants = {};
        rights->asker.sees_all = false;
        rights->is_known = false;
    }
    for (const KeyGrants& key : keys) {
        STEWARD_ASSERT(key.id != access::kAnonymous);
        while (by_number_.size() <= key.id.value) {
            by_number_.push_back(std::make_unique<Rights>());
        }
        Rights& rights = *by_number_[key.id.value];
        rights.key = key.name;
        rights.asker.owner = *core.owner_of(key.name);
        rights.set_grants(key.grants);
        core.set_quota(rights.asker.owner, key.grants.quota());
    }
    return {};
}

}  // namespace steward::app
