// tests/sim: a disk as one process sees it. The process can be killed within any call to it: a
// write is torn then, and nothing that is asked for later happens.
#pragma once

#include <cstdint>
#include <memory>

#include "broker/store/disk.hpp"
#include "common/base/prng.hpp"

namespace steward::sim {

/// How long a process lives. One for all the disks that it sees.
class Lifetime {
public:
    explicit Lifetime(std::uint64_t seed) : random_(seed) {}

    void die_after(std::uint64_t calls) { calls_left_ = calls; }

    void live_on() { calls_left_ = UINT64_MAX; }

    [[nodiscard]] bool is_over() const { return is_over_; }

    void end() { is_over_ = true; }

    /// Another call begins. False: it is the last, and not carried out to its end.
    [[nodiscard]] bool begin_call();

    /// How much of the last write was done.
    [[nodiscard]] std::size_t part_of(std::size_t bytes) {
        return static_cast<std::size_t>(random_.below(bytes + 1));
    }

private:
    base::Prng random_;
    std::uint64_t calls_left_ = UINT64_MAX;
    bool is_over_ = false;
};

class MortalDisk final : public store::Disk {
public:
    MortalDisk(store::Disk& disk, std::shared_ptr<Lifetime> life)
        : disk_(disk), life_(std::move(life)) {}

    /// The last write found no room.
    [[nodiscard]] bool is_full() const { return seen_->is_full; }

    /// A sync has failed: nobody knows what is on the disk.
    [[nodiscard]] bool has_failed() const { return seen_->has_failed; }

    // ---- store::Disk ----
    base::Expected<std::vector<std::string>> list() override;
    base::Expected<std::unique_ptr<store::File>> open_file(const std::string& name) override;
    base::Expected<void> remove(const std::string& name) override;
    base::Expected<void> rename(const std::string& from, const std::string& to) override;
    base::Expected<void> sync_names() override;

    [[nodiscard]] std::string path_of(const std::string& name) const override {
        return disk_.path_of(name);
    }

private:
    struct Seen {
        bool is_full = false;
        bool has_failed = false;
    };

    class Handle;

    store::Disk& disk_;
    std::shared_ptr<Lifetime> life_;
    std::shared_ptr<Seen> seen_ = std::make_shared<Seen>();
};

}  // namespace steward::sim
