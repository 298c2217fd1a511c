// tests/sim: the journals of simulated brokers. One forgets everything with its process: the memory
// engine. The other is the disk's engine on a disk in memory; its writer's steps, its checkpoints
// and the disk's accidents happen at instants that chance draws.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "broker/store/journal_engine.hpp"
#include "broker/store/memory_journal.hpp"
#include "tests/sim/choices.hpp"
#include "tests/sim/mortal_disk.hpp"
#include "tests/sim/oracles/archive.hpp"
#include "tests/sim/schedule.hpp"
#include "tests/sim/slow_checkpointer.hpp"
#include "tests/sim/tally.hpp"
#include "tests/unit/store/fake_disk.hpp"

namespace steward::sim {

struct JournalRules {
    bool keeps = false;        // false: everything is durable at once and gone at the crash
    bool loses_power = false;  // and not only its process
    bool rots = false;         // bits of the disk flip
    Duration step_max = 10ms;  // until the writer's next step
    store::DiskJournalOptions options;
};

class SimJournal final : public store::Journal {
public:
    SimJournal(Schedule& schedule, Choices& choices, const JournalRules& rules)
        : schedule_(schedule), choices_(choices), rules_(rules) {}

    // ---- for the simulator ----
    /// A new process opens the journal.
    void open();
    /// The process is gone, and perhaps the machine's power: what was not safe may be lost.
    void crash();

    // ---- accidents, until peace() ----
    /// The process dies within its next calls to the disk.
    void die_after(std::uint64_t calls);
    void fill_for(Duration pause, std::uint64_t bytes_left);
    void fail_sync_after(std::uint64_t syncs);
    /// Nothing happens to the disk any more.
    void peace();

    /// The process was killed in a call to the disk.
    [[nodiscard]] bool is_dead() const { return life_ != nullptr && life_->is_over(); }

    /// The disk has failed the log's writer: the broker must stop.
    [[nodiscard]] bool has_failed() const { return disk_ != nullptr && disk_->has_failed(); }

    /// Called when durable() has moved, and when the process was killed in a step.
    void set_on_moved(std::function<void()> on_moved) { on_moved_ = std::move(on_moved); }

    /// Called with each record that is durable, or will be found at the next start: whether anybody
    /// was told of it or not.
    void set_on_stored(std::function<void(std::string_view)> on_stored) {
        on_stored_ = std::move(on_stored);
    }

    /// Called when a checkpoint begins, with all records that it stands for and its facts.
    using OnCheckpoint =
        std::function<void(const std::vector<std::string>&, const std::vector<std::string>&)>;

    void set_on_checkpoint(OnCheckpoint on_checkpoint) {
        on_checkpoint_ = std::move(on_checkpoint);
    }

    [[nodiscard]] const DiskTally& tally() const { return tally_; }

    // ---- store::Journal ----
    base::Expected<void> replay(const store::RecordSink& sink) override;
    base::Expected<void> append(std::span<const std::string_view> records) override;

    [[nodiscard]] store::Seq last() const override;
    [[nodiscard]] base::Expected<store::Seq> durable() const override;

    [[nodiscard]] int wakeup_fd() const override { return -1; }

    [[nodiscard]] base::Expected<void> room() const override;
    [[nodiscard]] bool wants_checkpoint() override;
    base::Expected<void> checkpoint(const store::StateWriter& write_state) override;

private:
    struct Published {
        MonoTime at{};
        std::uint64_t last = 0;
    };

    void plan_step(MonoTime at);
    void step();
    void plan_checkpointer();
    void published();
    void tell_stored(std::uint64_t last);
    [[nodiscard]] std::uint64_t safe_from_power_loss() const;
    void lose_power_of_a_copy() const;
    void flip_a_bit_of_a_copy();

    Schedule& schedule_;
    Choices& choices_;
    JournalRules rules_;
    std::function<void()> on_moved_;
    std::function<void(std::string_view)> on_stored_;
    OnCheckpoint on_checkpoint_;

    // ---- of all runs ----
    store::testing::FakeDisk platter_;
    Archive archive_;
    std::uint64_t told_ = 0;  // records that on_stored_ has seen
    bool sync_fails_ = false;
    std::optional<MonoTime> has_room_since_ = MonoTime{};
    std::uint64_t fillings_ = 0;
    bool is_at_peace_ = false;
    mutable DiskTally tally_;

    // ---- of one run ----
    std::uint64_t run_ = 0;
    std::optional<store::MemoryJournal> memory_;
    std::shared_ptr<Lifetime> life_;
    MortalDisk* disk_ = nullptr;  // the engine's
    SlowCheckpointer* checkpointer_ = nullptr;
    std::unique_ptr<store::JournalEngine> engine_;
    std::uint64_t restored_ = 0;  // records of earlier runs
    std::deque<Published> published_;
    std::optional<MonoTime> step_at_;
    std::uint64_t steps_planned_ = 0;
};

}  // namespace steward::sim
