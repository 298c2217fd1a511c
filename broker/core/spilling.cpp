// broker/core: long queues: which blocks of waiting jobs go to the disk or are packed.
#include "broker/core/spilled_jobs.hpp"
#include "broker/core/state.hpp"

namespace steward::core {

using model::JobState;

namespace {

// Blocks that one that has just been filled takes with it at most: those that could not go before.
constexpr std::size_t kBlocksAtOnce = 2;
constexpr std::size_t kSpillBytesMax = 1UL << 30U;

}  // namespace

// It waits, and nothing in memory refers to it: what is written or packed of it stays true.
bool State::may_leave(const Job& job) {
    if (job.state != JobState::Ready || job.sync || job.adopted || job.cancelling ||
        job.expires != base::MonoTime::max()) {
        return false;
    }
    if (job.extras == nullptr) {
        return true;
    }
    const JobExtras& extras = *job.extras;
    return !extras.is_unique() && extras.after.empty() && extras.dependents.empty() &&
           extras.waiters.empty() && extras.ends_batch.empty() && !extras.starts_once;
}

// A block of some lane was filled: it goes, with those before it that should have gone already.
// Never a lane's first one.
void State::spill_filled_blocks() {
    for (const BlockHandle filled : std::exchange(spilling_.filled_blocks, {})) {
        std::size_t left = kBlocksAtOnce;
        for (BlockHandle at = filled; left > 0; --left) {
            const Block* block = lanes_.blocks.find(at);
            if (block == nullptr || block->spill != nullptr ||
                at == lanes_.map.at(block->lane).blocks.front() ||
                jobs_.map.size() <= policy.limits.resident_jobs_max) {
                break;
            }
            const BlockHandle before = block->of_lane.previous;
            spill_block(at);
            at = before;
        }
    }
}

// To the disk when hardly any of its jobs would stay behind, else those that are small are packed.
void State::spill_block(BlockHandle handle) {
    const Block& block = lanes_.blocks.at(handle);
    std::size_t durable = 0;
    std::size_t small = 0;
    for (JobHandle at = block.jobs.front(); at.names_something();) {
        const Job& job = jobs_.map.at(at);
        durable += may_leave(job) && job.durable ? 1U : 0U;
        small += is_packable(job) ? 1U : 0U;
        at = job.place.next;
    }
    // It costs a file, or a piece of memory, and the places of those that stay.
    const std::size_t least = block.size / 2 + block.size % 2;
    if (spilling_.store != nullptr && durable >= least && durable * 4 >= small * 3) {
        store_block(handle);
    } else if (small >= least) {
        pack_block(handle);
    }
}

void State::store_block(BlockHandle handle) {
    const Block& block = lanes_.blocks.at(handle);
    auto spill = std::make_unique<Spill>();
    std::vector<SpillEntry> entries;
    std::string bytes;
    for (JobHandle at = block.jobs.front(); at.names_something();) {
        const Job& job = jobs_.map.at(at);
        const bool leaves = may_leave(job) && job.durable;
        if (leaves) {
            JobAccepted accepted = accepted_fact(job);
            accepted.spec.options.run_at.reset();  // it has come
            put_spilled(bytes, std::move(accepted), standing_fact(job));
        }
        entries.push_back({job.id, static_cast<std::uint32_t>(bytes.size()), 0});
        spill->add_place(leaves);
        at = job.place.next;
    }
    if (bytes.size() > kSpillBytesMax) {
        return;
    }
    const auto number = spilling_.store->write(entries, bytes);
    if (!number) {
        note_spill_failure(number.error());
        return;
    }
    spilling_.fails = false;
    spill->number = *number;
    spill->entries = SpillEntries(entries);
    take_out_stored(handle, std::move(spill));
}

void State::pack_block(BlockHandle handle) {
    const Block& block = lanes_.blocks.at(handle);
    auto spill = std::make_unique<Spill>();
    spill->packed = std::make_unique<PackedJobs>(jobs_.map.at(block.jobs.front()));
    spill->entries.reserve(block.size);
    spill->places.reserve(block.size);
    spilling_.packing.clear();
    for (JobHandle at = block.jobs.front(); at.names_something();) {
        const Job& job = jobs_.map.at(at);
        const bool leaves = is_packable(job);
        if (leaves) {
            spill->packed->put(job, spilling_.packing);
            jobs_.packed_bytes += job.params.bytes.size();
        }
        spill->entries.add(job.id, static_cast<std::uint32_t>(spilling_.packing.size()));
        spill->add_place(leaves);
        at = job.place.next;
    }
    spill->packed->bytes = std::string(spilling_.packing);  // not a byte too large
    take_out_stored(handle, std::move(spill));
}

// What has been written of a block's jobs takes their place.
void State::take_out_stored(BlockHandle handle, std::unique_ptr<Spill> spill) {
    Block& block = lanes_.blocks.at(handle);
    spill->ready_at = jobs_.map.at(block.jobs.front()).ready_at;
    const OwnerId owner = lanes_.map.at(block.lane).owner;
    const bool stays_in_memory = spill->packed != nullptr;
    std::size_t index = 0;
    for (JobHandle at = block.jobs.front(); at.names_something();) {
        const JobHandle next = jobs_.map.at(at).place.next;
        const std::size_t bytes = jobs_.map.at(at).params.bytes.size();
        if (spill->places[index++] == Spill::Place::Stored) {
            block.jobs.remove(jobs_.map, at);
            jobs_.remove(at);
            jobs_.owners.gain(owner, 1, stays_in_memory ? bytes : 0);
        }
        at = next;
    }
    spilling_.stored_jobs += spill->stored;
    lanes_.spill(handle, std::move(spill));
}

// The jobs stay in memory. Said once until it works again.
void State::note_spill_failure(const base::Error& error) {
    if (!std::exchange(spilling_.fails, true)) {
        note(Severity::Warning, "spill_failed", {{"why", error.message}});
    }
}

}  // namespace steward::core
