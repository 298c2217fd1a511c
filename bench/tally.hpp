// bench: the count of finished jobs that the workers keep, in memory shared with the bench.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace steward::bench {

/// Where worker processes count what they have finished: each in a slot of its own, any thread.
class Tally {
public:
    static constexpr std::size_t kSlots = 2048;

    /// Maps the file, which is made when it is not there. Ends the program when it cannot.
    explicit Tally(const std::filesystem::path& file);
    ~Tally();
    Tally(const Tally&) = delete;
    Tally& operator=(const Tally&) = delete;

    void add(std::size_t slot, std::uint64_t jobs) {
        slots_[slot % kSlots].jobs.fetch_add(jobs, std::memory_order_relaxed);
    }

    [[nodiscard]] std::uint64_t sum() const;

private:
    struct alignas(64) Slot {
        std::atomic<std::uint64_t> jobs;
    };

    Slot* slots_ = nullptr;
};

}  // namespace steward::bench
