// tests/sim: checkpoints written one call to the disk at a time, beside the broker, as the copy of
// its process does.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "broker/store/checkpointer.hpp"

namespace steward::sim {

/// A program that is run from its beginning again and again. What it has asked the disk before is
/// answered as it was then; each run asks one thing more, and is told that this is the end.
class Rerun;

class SlowCheckpointer final : public store::Checkpointer {
public:
    using Facts = std::vector<std::string>;
    /// The copy that was made just now: it will write `facts`.
    using OnStart = std::function<void(const store::LogPosition& at, const Facts& facts)>;

    /// `disk`: as the copy sees it.
    SlowCheckpointer(std::unique_ptr<store::Disk> disk, OnStart on_start);
    ~SlowCheckpointer() override;

    // ---- store::Checkpointer ----
    base::Expected<void> start(store::Disk& disk,
                               const store::LogPosition& at,
                               const store::StateWriter& write_state) override;

    Progress progress() override { return progress_; }

    /// The next call to the disk. False: there is none.
    bool step();

private:
    std::unique_ptr<store::Disk> disk_;
    OnStart on_start_;
    Facts facts_;
    store::LogPosition at_;
    std::unique_ptr<Rerun> rerun_;
    Progress progress_ = Progress::Failed;
};

}  // namespace steward::sim
