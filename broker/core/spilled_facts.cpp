// broker/core: long queues: what a checkpoint tells of spilled blocks, and what is read of it.
#include "broker/core/state.hpp"

namespace steward::core {

// A stored job; nothing when it cannot be read.
std::optional<Job> State::read_stored(BlockHandle handle, std::size_t index) const {
    std::string room;
    const auto bytes = stored_bytes(*lanes_.blocks.at(handle).spill, index, index + 1, room);
    if (!bytes) {
        return std::nullopt;
    }
    auto job = stored_job(handle, index, *bytes);
    return job ? std::optional(*std::move(job)) : std::nullopt;
}

JobsSpilled State::spilled_fact(BlockHandle handle) const {
    const Block& block = lanes_.blocks.at(handle);
    const Lane& lane = lanes_.map.at(block.lane);
    const Queue& queue = services_.queues.at(lane.queue);
    JobsSpilled fact;
    fact.spill = block.spill->number;
    fact.service = services_.map.at(queue.service).name;
    fact.options.channel = queue.channel;
    fact.options.priority = lane.level->priority;
    fact.owner = jobs_.owners.at(lane.owner).name;
    tell_group(lane.group, fact.options);
    fact.count = static_cast<std::uint32_t>(block.spill->stored);
    for (std::size_t i = 0; i < block.spill->places.size(); ++i) {
        if (block.spill->places[i] != Spill::Place::Stored) {
            fact.gone.push_back(static_cast<std::uint16_t>(i));
        }
    }
    return fact;
}

// What of a spill the fact tells of waits. Null: repair has given all of it up.
base::Expected<std::unique_ptr<Spill>> State::spill_of(const JobsSpilled& fact) {
    auto entries = spilling_.store->open(fact.spill);
    if (!entries) {
        return base::Unexpected(std::move(entries.error()));
    }
    auto spill = std::make_unique<Spill>();
    if (entries->empty()) {
        return nullptr;
    }
    spill->number = fact.spill;
    spill->entries = SpillEntries(*entries);
    spill->places.assign(spill->entries.size(), Spill::Place::Stored);
    spill->stored = spill->entries.size();
    spill->ready_at = settling_.ends_at;
    spill->is_of_earlier_run = true;
    for (const std::uint16_t index : fact.gone) {
        if (index < spill->places.size()) {
            spill->set(index, Spill::Place::Gone);
        }
    }
    if (spill->stored != fact.count || fact.count == 0) {
        return base::fail(base::Errc::Malformed,
                          "the journal tells of " + std::to_string(fact.count) +
                              " jobs in a spill that has " + std::to_string(spill->stored));
    }
    for (std::size_t i = 0; i < spill->entries.size(); ++i) {
        if (spill->entries.id(i) == model::JobId{} && spill->places[i] != Spill::Place::Gone) {
            spill->set(i, Spill::Place::Gone);  // given up
        }
    }
    return spill->stored > 0 ? std::move(spill) : nullptr;
}

base::Expected<void> State::restore_fact(const JobsSpilled& fact) {
    if (spilling_.store == nullptr) {
        return base::fail(base::Errc::Malformed,
                          "the journal tells of jobs in spills, and there is no store for them");
    }
    auto spill = spill_of(fact);
    if (!spill || *spill == nullptr) {
        return spill ? base::Expected<void>() : base::Unexpected(std::move(spill.error()));
    }
    const ServiceHandle service = service_for(fact.service);
    const QueueHandle queue =
        service.names_something() ? queue_for(service, fact.options.channel) : QueueHandle{};
    if (!queue.names_something()) {
        return base::fail(base::Errc::TooManyServices, "more services than services_max allows");
    }
    for (std::size_t i = 0; i < (*spill)->entries.size(); ++i) {
        const model::JobId id = (*spill)->entries.id(i);
        if (epochs_.empty() || *epochs_.rbegin() != id.epoch) {
            shun_epoch(id);
        }
    }
    const auto owner = jobs_.owners.named(fact.owner.view());
    if (!owner) {
        return too_many_owners();
    }
    const std::size_t jobs = (*spill)->stored;
    jobs_.owners.gain(*owner, jobs, 0);
    GroupHandle group;
    if (!fact.options.group.empty()) {
        group = name_group(fact.options);
        groups_.map.at(group).jobs += jobs;
    }
    spilling_.stored_jobs += jobs;
    ready_ += jobs;
    services_.map.at(service).ready += jobs;
    lanes_.add_spilled(services_.queues.at(queue),
                       queue,
                       fact.options.priority.value_or(model::kPriorityNormal),
                       *owner,
                       group,
                       *std::move(spill));
    return {};
}

}  // namespace steward::core
