// tests/sim: journals in virtual time.
#include "tests/sim/sim_journal.hpp"

#include <algorithm>

#include "broker/app/node_spills.hpp"
#include "broker/core/record_codec.hpp"
#include "tests/sim/failure.hpp"

namespace steward::sim {
namespace {

using store::Durability;
using store::testing::FakeDisk;

constexpr std::uint64_t kNever = UINT64_MAX;
// One in so many steps, the power of a copy is lost: what if?
constexpr std::uint64_t kStepsToPowerLoss = 24;
constexpr std::uint64_t kCheckpointStepsToPowerLoss = 2;
constexpr std::uint64_t kCallsOfAStart = 12;

struct Reading {
    base::Expected<void> result;
    ReadBack read;
    store::ReadReport report;
};

// Every entry of the spills that a fact tells of can be read.
base::Expected<void> read_spilled(store::SpillFiles& spills, std::string_view record) {
    const auto fact = core::decode_record(record);
    const auto* spilled = fact ? std::get_if<core::JobsSpilled>(&*fact) : nullptr;
    if (spilled == nullptr) {
        return {};
    }
    const auto items = spills.open(spilled->spill);
    if (!items) {
        return base::Unexpected(items.error());
    }
    return spills.read(spilled->spill, 0, *items).map([](auto&&) {});
}

Reading read_disk(store::Disk& disk) {
    Reading reading;
    store::SpillFiles spills(disk);
    const auto looked = spills.look();
    const auto position = store::read_log(
        disk,
        [&](std::string_view record) {
            reading.read.records.emplace_back(record);
            return looked.and_then([&] { return read_spilled(spills, record); });
        },
        reading.report);
    if (position) {
        reading.read.last = position->record - 1;
    } else {
        reading.result = base::Unexpected(position.error());
    }
    return reading;
}

// The files that a start reads, in the order of their numbers: the newest checkpoint, and the logs
// behind it.
std::vector<std::string> files_in_use(const FakeDisk& disk) {
    std::vector<std::string> names = disk.names();  // sorted, and numbers have a fixed width
    const auto newest = std::find_if(names.rbegin(), names.rend(), [](const std::string& name) {
        return name.ends_with(".checkpoint");
    });
    const std::string from = newest == names.rend() ? "" : *newest;
    std::erase_if(names, [&](const std::string& name) {
        const bool is_in_use =
            name == from ||
            (name.ends_with(".log") && std::string_view(name).substr(0, name.find('.')) >=
                                           std::string_view(from).substr(0, from.find('.')));
        return !is_in_use || disk.size_of(name) == 0;
    });
    return names;
}

}  // namespace

// ---- lives and deaths ----

void SimJournal::open() {
    ++run_;
    step_at_.reset();
    published_.clear();
    if (!rules_.keeps) {
        memory_.emplace();
        return;
    }
    if (sync_fails_ && (is_at_peace_ || choices_.chance(3, 4))) {
        sync_fails_ = false;
        platter_.fail_sync_after(kNever);
    }
    life_ = std::make_shared<Lifetime>(choices_.below(kNever));
    auto disk = std::make_unique<MortalDisk>(platter_, life_);
    disk_ = disk.get();
    auto checkpointer = std::make_unique<SlowCheckpointer>(
        std::make_unique<MortalDisk>(platter_, life_),
        [this](const store::LogPosition& at, const std::vector<std::string>& facts) {
            archive_.checkpoint(at, facts);
            tell_checkpoint(facts);
            plan_checkpointer();
        });
    checkpointer_ = checkpointer.get();
    engine_ = std::make_unique<store::JournalEngine>(
        std::move(disk), std::move(checkpointer), rules_.options, false, [this] { published(); });
}

void SimJournal::crash() {
    ++run_;
    if (!rules_.keeps) {
        return;
    }
    tally_.deaths_in_calls += life_->is_over() ? 1U : 0U;
    tally_.failed_syncs += disk_->has_failed() ? 1U : 0U;
    life_->end();
    engine_.reset();
    disk_ = nullptr;
    checkpointer_ = nullptr;
    if (rules_.rots) {
        flip_a_bit_of_a_copy();
    }
    // Where it may take what was acknowledged, the other oracles would have to forget it too: then
    // it befalls copies only.
    if (rules_.loses_power && rules_.options.durability == Durability::Sync &&
        choices_.chance(1, 2)) {
        ++tally_.power_losses;
        base::Prng random(choices_.below(kNever));
        platter_.lose_power(random);
    }
}

base::Expected<void> SimJournal::replay(const store::RecordSink& sink) {
    if (!rules_.keeps) {
        return memory_->replay(sink);
    }
    ReadBack read;
    bool is_refused = false;
    auto done = engine_->replay([&](std::string_view record) {
        read.records.emplace_back(record);
        auto taken = sink(record);
        is_refused = is_refused || !taken;
        return taken;
    });
    if (!done) {
        if (!is_refused && !life_->is_over() && !disk_->has_failed()) {
            broken("a broker starts from its own disk: " + done.error().message);
        }
        return done;
    }
    read.last = engine_->position().record - 1;
    archive_.check(read, told_);
    archive_.cut(read.last);
    restored_ = read.last;
    tell_stored(read.last);
    if (rules_.loses_power) {
        lose_power_of_a_copy();
    }
    return {};
}

void SimJournal::tell_checkpoint(const std::vector<std::string>& facts) {
    FakeDisk copy(platter_);
    copy.fail_sync_after(kNever);
    store::SpillFiles files(copy);
    app::NodeSpills spills(&files);
    if (const auto looked = files.look(); !looked) {
        broken("what is spilled can be looked at: " + looked.error().message);
    }
    on_checkpoint_(archive_.records(), facts, spills);
}

// ---- accidents ----

void SimJournal::die_after(std::uint64_t calls) {
    if (life_ != nullptr && !is_at_peace_) {
        life_->die_after(calls);
    }
}

void SimJournal::fill_for(Duration pause, std::uint64_t bytes_left) {
    platter_.set_room(platter_.bytes() + bytes_left);
    has_room_since_.reset();
    schedule_.in(pause, [this, filling = ++fillings_] {
        if (filling == fillings_) {
            platter_.set_room(kNever);
            has_room_since_ = schedule_.now();
        }
    });
}

void SimJournal::fail_sync_after(std::uint64_t syncs) {
    sync_fails_ = true;
    platter_.fail_sync_after(syncs);
}

void SimJournal::peace() {
    is_at_peace_ = true;
    ++fillings_;
    platter_.set_room(kNever);
    has_room_since_ = has_room_since_.value_or(schedule_.now());
    if (life_ != nullptr) {
        life_->live_on();
    }
    if (!has_failed()) {
        sync_fails_ = false;
        platter_.fail_sync_after(kNever);
    }
}

// ---- the writer and the checkpointer ----

void SimJournal::plan_step(MonoTime at) {
    at += choices_.between(Duration(0), rules_.step_max);
    if (step_at_ && *step_at_ <= at) {
        return;
    }
    step_at_ = at;
    schedule_.at(at, [this, run = run_, plan = ++steps_planned_] {
        if (run == run_ && plan == steps_planned_) {
            step();
        }
    });
}

void SimJournal::step() {
    step_at_.reset();
    const MonoTime now = schedule_.now();
    const MonoTime next = engine_->step(now);
    if (life_->is_over()) {
        on_moved_();
        return;
    }
    if (rules_.loses_power && choices_.chance(1, kStepsToPowerLoss)) {
        lose_power_of_a_copy();
    }
    if (next != MonoTime::max()) {
        plan_step(std::max(now, next));
    }
}

void SimJournal::plan_checkpointer() {
    schedule_.in(choices_.between(Duration(0), rules_.step_max), [this, run = run_] {
        if (run != run_) {
            return;
        }
        const bool goes_on = checkpointer_->step();
        if (life_->is_over()) {
            on_moved_();
            return;
        }
        if (rules_.loses_power && choices_.chance(1, kCheckpointStepsToPowerLoss)) {
            lose_power_of_a_copy();
        }
        if (goes_on) {
            plan_checkpointer();
        } else if (checkpointer_->progress() == store::Checkpointer::Progress::Done) {
            ++tally_.checkpoints;
        }
    });
}

void SimJournal::published() {
    if (const auto durable = engine_->durable(); durable && !life_->is_over()) {
        published_.push_back({schedule_.now(), restored_ + *durable});
        tell_stored(restored_ + *durable);
    }
    on_moved_();
}

void SimJournal::tell_stored(std::uint64_t last) {
    while (told_ < last) {
        on_stored_(archive_.record(++told_));
    }
}

// ---- the journal ----

base::Expected<void> SimJournal::append(std::span<const std::string_view> records) {
    if (!rules_.keeps) {
        for (const std::string_view record : records) {
            on_stored_(record);
        }
        return memory_->append(records);
    }
    const auto is_news = engine_->append(records);
    if (!is_news) {
        return base::Unexpected(is_news.error());
    }
    archive_.append(records);
    if (*is_news) {
        plan_step(schedule_.now());
    }
    return {};
}

store::Seq SimJournal::last() const {
    return rules_.keeps ? engine_->last() : memory_->last();
}

base::Expected<store::Seq> SimJournal::durable() const {
    return rules_.keeps ? engine_->durable() : memory_->durable();
}

base::Expected<void> SimJournal::room() const {
    if (!rules_.keeps) {
        return memory_->room();
    }
    auto room = engine_->room();
    const bool is_refused_for_it = !room && room.error().code == base::Errc::DiskFull;
    if (disk_->is_full() && room) {
        broken("a full disk takes nothing new");
    }
    if (is_refused_for_it && !disk_->is_full()) {
        broken("a disk that is not full is not said to be");
    }
    if (is_refused_for_it && has_room_since_ &&
        schedule_.now() > *has_room_since_ + rules_.options.full_retry + rules_.step_max) {
        broken("room on the disk is found soon after it was made");
    }
    tally_.full += is_refused_for_it ? 1U : 0U;
    return room;
}

bool SimJournal::wants_checkpoint() {
    return rules_.keeps && engine_->wants_checkpoint();
}

base::Expected<void> SimJournal::checkpoint(const store::StateWriter& write_state) {
    return rules_.keeps ? engine_->checkpoint(write_state) : memory_->checkpoint(write_state);
}

store::SpillFiles* SimJournal::spills() {
    return rules_.keeps ? &engine_->spills() : nullptr;
}

// ---- what if? ----

// What was read at the start, and what of this run must be on the disk by now.
std::uint64_t SimJournal::safe_from_power_loss() const {
    std::uint64_t safe = restored_;
    const Duration late = rules_.options.sync_interval + rules_.step_max;
    for (const Published& published : published_) {
        const bool is_safe = rules_.options.durability == Durability::Sync ||
                             (rules_.options.durability == Durability::Interval &&
                              published.at + late < schedule_.now());
        safe = is_safe ? std::max(safe, published.last) : safe;
    }
    return safe;
}

void SimJournal::lose_power_of_a_copy() const {
    FakeDisk copy(platter_);
    copy.fail_sync_after(kNever);
    base::Prng random(choices_.below(kNever));
    if (random.chance(1, 2)) {  // and before that the process, and the next one within its start
        const auto life = std::make_shared<Lifetime>(random.next());
        life->die_after(random.below(kCallsOfAStart));
        MortalDisk seen(copy, life);
        (void)read_disk(seen);
    }
    copy.lose_power(random);
    const Reading reading = read_disk(copy);
    if (!reading.result) {
        broken("after a loss of power there is something to start from: " +
               reading.result.error().message);
    }
    archive_.check(reading.read, safe_from_power_loss());
}

void SimJournal::flip_a_bit_of_a_copy() {
    FakeDisk copy(platter_);
    copy.fail_sync_after(kNever);
    std::vector<std::string> names = files_in_use(copy);
    const std::string last = names.empty() ? std::string() : names.back();
    FakeDisk read(copy);  // reading changes it
    for (const std::string& record : read_disk(read).read.records) {
        const auto fact = core::decode_record(record);
        if (const auto* spilled = fact ? std::get_if<core::JobsSpilled>(&*fact) : nullptr) {
            names.push_back(store::file_name(store::FileKind::Spill, spilled->spill));
        }
    }
    if (names.empty()) {
        return;
    }
    const std::string name = choices_.pick(names);
    const std::uint64_t bit = choices_.below(copy.size_of(name) * 8);
    copy.flip_bit(name, bit);
    // In the last log it may look like a write that was torn, unless a later one knew better.
    const bool was_safe =
        name != last || !name.ends_with(".log") || bit / 8 < copy.known_as_safe(name);
    const Reading reading = read_disk(copy);
    const auto names_it = [&](const std::string& text) {
        return text.find(copy.path_of(name)) != std::string::npos &&
               text.find("offset") != std::string::npos;
    };
    if (!reading.result) {
        const base::Error& error = reading.result.error();
        if (error.code != base::Errc::Malformed || !names_it(error.message)) {
            broken("damage is told with file and offset: " + error.message);
        }
        ++tally_.flips_found;
        return;
    }
    const bool is_told = std::ranges::any_of(reading.report.cut, [&](const std::string& cut) {
        return cut.find(copy.path_of(name)) != std::string::npos;
    });
    if (was_safe || !is_told) {
        broken("damage is found: bit " + std::to_string(bit) + " of " + name);
    }
}

}  // namespace steward::sim
