// broker/core: long queues: which blocks of waiting jobs go to the disk or are packed, and how
// their jobs come back – ahead of their turn, or because somebody asks for one.
#include <algorithm>

#include "broker/core/spilled_jobs.hpp"
#include "broker/core/state.hpp"

namespace steward::core {

using model::JobState;

namespace {

// Blocks that one that has just been filled takes with it at most: those that could not go before.
constexpr std::size_t kBlocksAtOnce = 2;
constexpr std::size_t kBlockParts = 16;
constexpr std::size_t kSpillBytesMax = 1UL << 30U;

// Where the stored neighbours from `begin` on end. What of others is damaged harms nobody.
std::size_t end_of_stored(const Spill& spill, std::size_t begin, std::size_t end) {
    std::size_t at = begin;
    while (at < end && spill.places[at] == Spill::Place::Stored) {
        ++at;
    }
    return at;
}

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

// ---- out ----

// A block of some lane was filled: it goes, with those before it that should have gone already.
// Never a lane's first one.
void State::spill_filled_blocks() {
    for (const BlockHandle filled : std::exchange(filled_blocks_, {})) {
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
    if (spills_ != nullptr && durable >= least && durable * 4 >= small * 3) {
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
    const auto number = spills_->write(entries, bytes);
    if (!number) {
        note_spill_failure(number.error());
        return;
    }
    spill_fails_ = false;
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
    packing_.clear();
    for (JobHandle at = block.jobs.front(); at.names_something();) {
        const Job& job = jobs_.map.at(at);
        const bool leaves = is_packable(job);
        if (leaves) {
            spill->packed->put(job, packing_);
            jobs_.packed_bytes += job.params.bytes.size();
        }
        spill->entries.add(job.id, static_cast<std::uint32_t>(packing_.size()));
        spill->add_place(leaves);
        at = job.place.next;
    }
    spill->packed->bytes = std::string(packing_);  // not a byte too large
    take_out_stored(handle, std::move(spill));
}

// What has been written of a block's jobs takes their place.
void State::take_out_stored(BlockHandle handle, std::unique_ptr<Spill> spill) {
    Block& block = lanes_.blocks.at(handle);
    spill->ready_at = jobs_.map.at(block.jobs.front()).ready_at;
    std::size_t index = 0;
    for (JobHandle at = block.jobs.front(); at.names_something();) {
        const JobHandle next = jobs_.map.at(at).place.next;
        if (spill->places[index++] == Spill::Place::Stored) {
            block.jobs.remove(jobs_.map, at);
            jobs_.remove(at);
        }
        at = next;
    }
    stored_jobs_ += spill->stored;
    lanes_.spill(handle, std::move(spill));
}

// The jobs stay in memory. Said once until it works again.
void State::note_spill_failure(const base::Error& error) {
    if (!std::exchange(spill_fails_, true)) {
        note(Severity::Warning, "spill_failed", {{"why", error.message}});
    }
}

// ---- back ----

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
    auto read = spills_->read(spill.number, spill.entries.begin(index), entries);
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
        job.priority = lane.priority;
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
            job.more().batch = batches_.find(batch.view());
        }
    }
    job.block = handle;
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
    if (spill.packed != nullptr) {
        jobs_.packed_bytes -= job->params.bytes.size();
    }
    spill.set(index, Spill::Place::InMemory);
    --stored_jobs_;
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
    if (known.names_something() || stored_jobs_ == 0) {
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
        if (block.spill->packed != nullptr) {
            jobs_.packed_bytes += job->params.bytes.size();
        }
        block.spill->set(block.spill->entries.find(job->id), Spill::Place::Stored);
        ++stored_jobs_;
        block.jobs.remove(jobs_.map, handle);
        jobs_.remove(handle);
    }
}

// While facts are restored: a job that a fact is about, which waits for its worker to come back.
JobHandle State::restored_job(const model::JobId& id) {
    const JobHandle handle = find_job(id);
    if (handle.names_something() && jobs_.map.at(handle).state == JobState::Ready) {
        release(handle);
        schedule(handle, settled_at_);
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
    return spill.is_of_earlier_run && earlier_spills_wait_;
}

// One of its jobs is about to leave.
void State::refill_before_leaving(const Block& block) {
    if (block.spill == nullptr && block.size <= few_jobs()) {
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
            spills_->will_need(after->number);
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
    earlier_spills_wait_ = false;
    for (std::uint32_t slot = 0; slot < lanes_.map.slots(); ++slot) {
        const LaneHandle handle = lanes_.map.handle_at(slot);
        if (handle.names_something() && lanes_.map.at(handle).spilled > 0) {
            refill(handle);
            unparked_.push_back(lanes_.map.at(handle).queue);
        }
    }
}

void State::drop_spills() {
    for (const SpillNumber number : std::exchange(lanes_.dropped, {})) {
        spills_->drop(number);
    }
}

// ---- facts ----

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
    fact.options.priority = lane.priority;
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
    auto entries = spills_->open(fact.spill);
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
    spill->ready_at = settled_at_;
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
    if (spills_ == nullptr) {
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
    const std::size_t jobs = (*spill)->stored;
    GroupHandle group;
    if (!fact.options.group.empty()) {
        group = name_group(fact.options);
        groups_.map.at(group).jobs += jobs;
    }
    stored_jobs_ += jobs;
    ready_ += jobs;
    services_.map.at(service).ready += jobs;
    lanes_.add_spilled(services_.queues.at(queue),
                       queue,
                       fact.options.priority.value_or(model::kPriorityNormal),
                       group,
                       *std::move(spill));
    return {};
}

}  // namespace steward::core
