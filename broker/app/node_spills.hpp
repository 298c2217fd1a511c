// broker/app: the core's spills as files of the journal. Translates and decides nothing.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "broker/core/spill_store.hpp"
#include "broker/store/spill_files.hpp"

namespace steward::app {

/// Thread: the loop's.
class NodeSpills final : public core::SpillStore {
public:
    /// `files` may be null: a journal that has none.
    explicit NodeSpills(store::SpillFiles* files) : files_(files) {}

    /// What the core is given.
    [[nodiscard]] core::SpillStore* store() { return files_ != nullptr ? this : nullptr; }

    base::Expected<core::SpillNumber> write(std::span<core::SpillEntry> entries,
                                            std::string_view bytes) override;
    base::Expected<std::vector<core::SpillEntry>> open(core::SpillNumber number) override;
    base::Expected<std::string> read(core::SpillNumber number,
                                     std::uint32_t begin,
                                     std::span<const core::SpillEntry> entries) override;

    void will_need(core::SpillNumber number) override { files_->will_need(number); }

    void drop(core::SpillNumber number) override { files_->drop(number); }

private:
    std::span<store::SpillItem> items_of(std::span<const core::SpillEntry> entries);

    store::SpillFiles* files_;
    std::vector<store::SpillItem> items_;  // of the running call
};

}  // namespace steward::app
