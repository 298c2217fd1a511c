// broker/store: a checkpoint written by a copy of this process. The system copies a page only when
// one of the two writes to it, so the broker pauses for the fork alone.
#pragma once

#include "broker/store/checkpointer.hpp"

namespace steward::store {

/// Thread: the loop's. The copy ends with the process, keeps none of its descriptors and yields the
/// processor to it.
class ForkCheckpointer final : public Checkpointer {
public:
    ForkCheckpointer() = default;
    /// Ends a copy that is still at work: what it has written so far is removed at the next start.
    ~ForkCheckpointer() override;
    ForkCheckpointer(const ForkCheckpointer&) = delete;
    ForkCheckpointer& operator=(const ForkCheckpointer&) = delete;

    base::Expected<void> start(Disk& disk,
                               const LogPosition& at,
                               const StateWriter& write_state) override;
    Progress progress() override;

private:
    int child_ = -1;
};

}  // namespace steward::store
