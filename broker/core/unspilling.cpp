// broker/core: long queues: how jobs come back into memory, ahead of their turn or because somebody
// asks for one.
#include <algorithm>

#include "broker/core/spilled_jobs.hpp"
#include "broker/core/state.hpp"

namespace steward::core {

using model::JobState;

namespace {

constexpr std::size_t kBlockParts = 16;

// Where the stored neighbours from `begin` on end. What of others is damaged harms nobody.
std::size_t end_of_stored(const Spill& spill, std::size_t begin, std::size_t end) {
    std::size_t at = begin;
    while (at < end && spill.places[at] == Spill::Place::Stored) {
        ++at;
    }
    return at;
}

}  // namespace

// The bytes of the stored neighbours from `index` up to `end`, in `room` if they are read.
base::Expected<std::string_view> State::stored_bytes(const Spill& spill,
                                                     std::size_t index,
                                                     std::size_t end,
                                                     std::string& room) const {
    if (spill.packed != nullptr) {
        const std::uint32_t begin = spill.entries.begin(index);
        return std::string_view(spill.packed->bytes)
            .substr(begin, spill.entries.end(end - 1) - begin);
    }
    const std::vector<SpillEntry> entries = spill.entries.part(index, end);
    auto read = spilling_.store->read(spill.number, spill.entries.begin(index), entries);
    if (!read) {
        return base::Unexpected(std::move(read.error()));
    }
    room = *std::move(read);
    return room;
}

// A stored job whose bytes are given, as it is in memory.
base::Expected<Job> State::stored_job(BlockHandle handle,
                                      std::size_t index,
                                      std::string_view bytes) const {
    const Block& block = lanes_.blocks.at(handle);
    const Lane& lane = lanes_.map.at(block.lane);
    Job job;
    if (block.spill->packed != nullptr) {
        job = block.spill->packed->get(bytes);
        job.id = block.spill->entries.id(index);
        job.queue = lane.queue;
        job.service = services_.queues.at(lane.queue).service;
        job.priority = lane.level->priority;
    } else {
        const auto spilled = get_spilled(bytes);
        if (!spilled) {
            return base::Unexpected(spilled.error());
        }
        if (spilled->accepted.id != block.spill->entries.id(index)) {
            return base::fail(base::Errc::Malformed, "a spill holds another job than it should");
        }
        job = accepted_job(spilled->accepted, lane.queue);
        stand(job, spilled->stands);
        job.state = JobState::Ready;
        job.ready_at = block.spill->ready_at;
        if (const model::Label& batch = spilled->accepted.spec.options.batch; !batch.empty()) {
            job.more().batch = batches_.find(lane.owner, batch.view());
        }
    }
    job.block = handle;
    job.owner = lane.owner;
    if (lane.group.names_something()) {
        job.more().group = lane.group;
    }
    return job;
}

// The same in memory again, in no list yet. Names nothing after an error, which stops the broker.
JobHandle State::bring_back(BlockHandle handle, std::size_t index, std::string_view bytes) {
    auto job = stored_job(handle, index, bytes);
    if (!job) {
        stop_for_damage(job.error().message);
        return {};
    }
    Spill& spill = *lanes_.blocks.at(handle).spill;
    const std::size_t bytes_in_memory = spill.packed != nullptr ? job->params.bytes.size() : 0;
    jobs_.packed_bytes -= bytes_in_memory;
    jobs_.owners.lose(job->owner, 1, bytes_in_memory);
    spill.set(index, Spill::Place::InMemory);
    --spilling_.stored_jobs;
    return jobs_.add(*std::move(job));
}

// What was written is not there any more: jobs that were acknowledged. Somebody must look.
void State::stop_for_damage(std::string_view why) {
    if (!stopped_) {
        stopped_ = true;
        note(Severity::Error, "spill_damaged", {{"why", std::string(why)}});
        out_->stops.push_back({std::string(why), true});
    }
}

// A job by its id, in memory from here on; until the end of this apply() if nothing becomes of it.
JobHandle State::find_job(const model::JobId& id) {
    const JobHandle known = jobs_.find(id);
    if (known.names_something() || spilling_.stored_jobs == 0) {
        return known;
    }
    const auto found = find_stored(id);
    if (!found.block.names_something()) {
        return {};
    }
    return recall(found.block, found.index);
}

SpillIndex::Found State::find_stored(const model::JobId& id) const {
    return lanes_.spills.find(
        id, [&](BlockHandle block) -> const Spill& { return *lanes_.blocks.at(block).spill; });
}

JobHandle State::recall(BlockHandle handle, std::size_t index) {
    Block& block = lanes_.blocks.at(handle);
    std::string room;
    const auto bytes = stored_bytes(*block.spill, index, index + 1, room);
    if (!bytes) {
        stop_for_damage(bytes.error().message);
        return {};
    }
    const JobHandle job = bring_back(handle, index, *bytes);
    if (job.names_something()) {
        block.jobs.push_back(jobs_.map, job);
        recalled_.push_back(job);
    }
    return job;
}

// Those that were asked for and of which nothing has become are forgotten again: what is written of
// them is still true.
void State::forget_recalled() {
    for (const JobHandle handle : std::exchange(recalled_, {})) {
        const Job* job = jobs_.map.find(handle);
        if (job == nullptr || !may_leave(*job)) {
            continue;
        }
        Block& block = lanes_.blocks.at(job->block);
        if (block.spill == nullptr) {
            continue;
        }
        const std::size_t bytes_in_memory =
            block.spill->packed != nullptr ? job->params.bytes.size() : 0;
        jobs_.packed_bytes += bytes_in_memory;
        jobs_.owners.gain(job->owner, 1, bytes_in_memory);
        block.spill->set(block.spill->entries.find(job->id), Spill::Place::Stored);
        ++spilling_.stored_jobs;
        block.jobs.remove(jobs_.map, handle);
        jobs_.remove(handle);
    }
}

// While facts are restored: a job that a fact is about, which waits for its worker to come back.
JobHandle State::restored_job(const model::JobId& id) {
    const JobHandle handle = find_job(id);
    if (handle.names_something() && jobs_.map.at(handle).state == JobState::Ready) {
        release(handle);
        schedule(handle, settling_.ends_at);
    }
    return handle;
}

// All jobs of a block in the order of the lane, in memory as with find_job().
std::vector<JobHandle> State::jobs_of(BlockHandle handle) {
    const Block& block = lanes_.blocks.at(handle);
    std::vector<JobHandle> all;
    if (block.spill == nullptr) {
        for (JobHandle at = block.jobs.front(); at.names_something();
             at = jobs_.map.at(at).place.next) {
            all.push_back(at);
        }
        return all;
    }
    for (std::size_t i = block.spill->first; i < block.spill->entries.size(); ++i) {
        JobHandle job;
        switch (block.spill->places[i]) {
            case Spill::Place::Stored: job = recall(handle, i); break;
            case Spill::Place::InMemory: job = jobs_.find(block.spill->entries.id(i)); break;
            case Spill::Place::Gone: break;
        }
        if (job.names_something()) {
            all.push_back(job);
        }
    }
    return all;
}

// While a lane's first block has no more, so many of its next one come back.
std::size_t State::few_jobs() const {
    return lanes_.block_jobs / kBlockParts + 1;
}

// Jobs come back before their turn comes: a lane has some in memory as long as it has any.
void State::refill(LaneHandle handle) {
    const Lane& lane = lanes_.map.at(handle);
    while (lane.spilled > 0 && !stopped_) {
        const Block& first = lanes_.blocks.at(lane.blocks.front());
        const BlockHandle from = first.spill != nullptr ? lane.blocks.front() : first.of_lane.next;
        const bool has_few = first.spill != nullptr || first.size <= few_jobs();
        const Block* block = lanes_.blocks.find(from);
        if (!has_few || block == nullptr || block->spill == nullptr || waits(*block->spill)) {
            return;
        }
        bring_up(from, lanes_.block_before_spilled(handle));
    }
}

// What an earlier run spilled may be running: its worker has time to say so.
bool State::waits(const Spill& spill) const {
    return spill.is_of_earlier_run && spilling_.do_earlier_wait;
}

// One of its jobs is about to leave.
void State::refill_before_leaving(const Block& block) {
    if (block.spill == nullptr && block.size <= few_jobs() &&
        lanes_.map.at(block.lane).spilled > 0) {
        refill(block.lane);
    }
}

// The first jobs of a spilled block go to the back of another.
void State::bring_up(BlockHandle from, BlockHandle to) {
    Block& block = lanes_.blocks.at(from);
    Spill& spill = *block.spill;
    const std::size_t begin = spill.first;
    const std::size_t end = std::min(begin + few_jobs(), spill.entries.size());
    if (begin == 0 && block.of_lane.next.names_something()) {
        const Spill* after = lanes_.blocks.at(block.of_lane.next).spill.get();
        if (after != nullptr && after->packed == nullptr) {
            spilling_.store->will_need(after->number);
        }
    }
    std::string room;
    std::string_view bytes;  // of stored neighbours, from entry i up to `read`
    std::size_t read = begin;
    for (std::size_t i = begin; i < end && !stopped_; ++i) {
        JobHandle job;
        if (spill.places[i] == Spill::Place::Stored) {
            // What is packed moves together when others have gone.
            if (read <= i || spill.packed != nullptr) {
                read = spill.packed != nullptr ? i + 1 : end_of_stored(spill, i, end);
                const auto run = stored_bytes(spill, i, read, room);
                if (!run) {
                    stop_for_damage(run.error().message);
                    return;
                }
                bytes = *run;
            }
            const std::size_t size = spill.entries.end(i) - spill.entries.begin(i);
            job = bring_back(from, i, bytes.substr(0, size));
            bytes.remove_prefix(size);
        } else if (spill.places[i] == Spill::Place::InMemory) {
            job = jobs_.find(spill.entries.id(i));
            block.jobs.remove(jobs_.map, job);
        }
        if (job.names_something()) {
            spill.set(i, Spill::Place::Gone);
            lanes_.move_up(services_.queues, jobs_.map, job, from, to);
        }
    }
    lanes_.drop_if_empty(from);
}

// The broker has settled: no worker comes any more for what an earlier run gave out.
void State::refill_all() {
    spilling_.do_earlier_wait = false;
    for (std::uint32_t slot = 0; slot < lanes_.map.slots(); ++slot) {
        const LaneHandle handle = lanes_.map.handle_at(slot);
        if (handle.names_something() && lanes_.map.at(handle).spilled > 0) {
            refill(handle);
            consequences_.unparked.push_back(lanes_.map.at(handle).queue);
        }
    }
}

void State::drop_spills() {
    for (const SpillNumber number : std::exchange(lanes_.dropped, {})) {
        spilling_.store->drop(number);
    }
}

}  // namespace steward::core
