#include "broker/core/core.hpp"

#include "broker/core/state.hpp"
#include "common/base/assert.hpp"

namespace steward::core {

Core::Core(const Policy& policy, const base::Now& start, std::uint64_t seed, SpillStore* spills)
    : state_(std::make_unique<State>(policy, start, seed, spills)) {}

Core::~Core() = default;

// Out of memory ends the process: half an input must not be survived.
void Core::apply(const base::Now& now, Input&& input, Effects& out) noexcept {
    state_->begin(now, out);
    std::visit([&](auto& what) { state_->on(what); }, input);
    state_->settle_consequences();
}

std::optional<base::MonoTime> Core::next_deadline() const noexcept {
    return state_->next_deadline();
}

base::Expected<void> Core::restore(const Record& record) {
    return state_->restore(record);
}

base::Expected<void> Core::write_facts(
    const std::function<base::Expected<void>(const Record&)>& put) const {
    return state_->write_facts(put);
}

void Core::set_policy(const Policy& policy) {
    state_->set_policy(policy);
}

void Core::set_announcing(const model::EventSet& announcing) {
    state_->announcing = announcing;
}

std::optional<OwnerId> Core::owner_of(std::string_view name) {
    return state_->owner_of(name);
}

void Core::set_quota(OwnerId owner, const model::Quota& quota) {
    state_->set_quota(owner, quota);
}

void Core::check_invariants() const {
    state_->check_invariants();
}

std::uint64_t Core::epoch() const {
    return state_->epoch();
}

model::ServiceReport Core::services() const {
    return state_->services();
}

const model::Counters& Core::counters() const {
    return state_->counters;
}

bool Core::has_seen(const model::SubmissionId& submission) const {
    return state_->has_seen(submission);
}

std::size_t Core::unfinished() const {
    return state_->waiting_and_running();
}

std::size_t Core::busy_queues() const {
    return state_->busy_queues();
}

}  // namespace steward::core
