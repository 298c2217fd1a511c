// tests/sim: journals without a disk. One forgets everything with its process, as the broker's
// memory engine does; the other keeps what became durable in time and loses the rest in a crash.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "broker/store/journal.hpp"
#include "tests/sim/choices.hpp"
#include "tests/sim/schedule.hpp"

namespace steward::sim {

struct JournalRules {
    bool keeps = false;          // false: everything is durable at once and gone at the crash
    Duration sync_max = 20ms;    // until a commit is durable
    std::size_t queue_max = 64;  // commits that are not durable yet; then QueueFull
};

class SimJournal final : public store::Journal {
public:
    SimJournal(Schedule& schedule, Choices& choices, JournalRules rules)
        : schedule_(schedule), choices_(choices), rules_(rules) {}

    // ---- for the simulator ----
    /// A new process opens the journal.
    void open();
    /// The process is gone: what is not durable is lost, perhaps but for some of the oldest.
    void crash();

    /// Called when durable() has moved.
    void set_on_durable(std::function<void()> on_durable) { on_durable_ = std::move(on_durable); }

    /// Called with each record that reaches the disk, or would, whether anybody is told of it or
    /// not.
    void set_on_stored(std::function<void(std::string_view)> on_stored) {
        on_stored_ = std::move(on_stored);
    }

    // ---- store::Journal ----
    base::Expected<void> replay(const store::RecordSink& sink) override;
    base::Expected<void> append(std::span<const std::string_view> records) override;

    [[nodiscard]] store::Seq last() const override { return last_; }

    [[nodiscard]] base::Expected<store::Seq> durable() const override { return durable_; }

    [[nodiscard]] int wakeup_fd() const override { return -1; }

    /// Now and then, whatever has been written.
    [[nodiscard]] bool wants_checkpoint() override;
    base::Expected<void> checkpoint(const store::StateWriter& write_state) override;

private:
    struct Commit {
        std::vector<std::string> records;
        store::Seq last = 0;
        bool is_in_checkpoint = false;  // on the disk already, though nobody was told
    };

    void sync_first(std::uint64_t life);
    void store_first();

    Schedule& schedule_;
    Choices& choices_;
    JournalRules rules_;
    std::function<void()> on_durable_;
    std::function<void(std::string_view)> on_stored_;
    std::vector<std::string> disk_;
    std::deque<Commit> queue_;
    MonoTime last_sync_{};
    store::Seq last_ = 0;
    store::Seq durable_ = 0;
    std::uint64_t life_ = 0;
};

}  // namespace steward::sim
