// broker/core: jobs by what they are: a step of a walk over all of them.
#include "broker/core/filter.hpp"

#include "broker/core/state.hpp"

namespace steward::core {

// What a filter means today; nothing when no job can match it.
std::optional<Wanted> State::wanted_of(const JobFilter& filter) const {
    Wanted wanted;
    wanted.states = filter.states;
    wanted.asker = filter.asker;
    if (!filter.service.empty()) {
        wanted.service = services_.find(filter.service);
        if (!wanted.service->names_something()) {
            return std::nullopt;
        }
    }
    if (!filter.group.empty()) {
        wanted.group = groups_.find(filter.group);
        if (!wanted.group->names_something()) {
            return std::nullopt;
        }
    }
    if (!filter.batch.empty()) {
        wanted.batch = batches_.find(filter.asker.owner, filter.batch);
        if (!wanted.batch->names_something()) {
            return std::nullopt;
        }
    }
    if (!filter.context.empty()) {
        wanted.context = filter.context;
        if (const auto id = model::JobId::parse(filter.context)) {
            wanted.context_id = *id;
        }
    }
    return wanted;
}

// Null when the block is not spilled or none of its jobs can match.
const Spill* State::spill_to_visit(BlockHandle handle, const Wanted& wanted) const {
    const Block* block = lanes_.blocks.find(handle);
    if (block == nullptr || block->spill == nullptr) {
        return nullptr;
    }
    const Lane& lane = lanes_.map.at(block->lane);
    const bool can_match =
        wanted.asker.sees(lane.owner) &&
        (wanted.states == 0 || (wanted.states & only(model::JobState::Ready)) != 0) &&
        (!wanted.service || services_.queues.at(lane.queue).service == *wanted.service) &&
        (!wanted.group || lane.group == *wanted.group);
    return can_match ? block->spill.get() : nullptr;
}

bool State::matches(const Job& job, const Wanted& wanted) const {
    const JobExtras* extras = job.extras.get();
    const bool has_state = wanted.states == 0 || (wanted.states & only(job.state)) != 0;
    const bool has_context =
        wanted.context.empty() ||
        (extras != nullptr && !extras->context.empty() ? extras->context == wanted.context
                                                       : wanted.context_id == job.id);
    return wanted.asker.sees(job.owner) && has_state && has_context &&
           (!wanted.service || job.service == *wanted.service) &&
           (!wanted.group || job.group() == *wanted.group) &&
           (!wanted.batch || (extras != nullptr && extras->batch == *wanted.batch));
}

}  // namespace steward::core
