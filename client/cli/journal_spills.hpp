// client/cli: the spills of a journal for the core that counts what is alive: read only, and what
// is damaged is given up as a broker's repair would.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "broker/core/record.hpp"
#include "broker/core/spill_store.hpp"
#include "broker/store/journal_chain.hpp"
#include "broker/store/spill_format.hpp"

namespace steward::cli {

/// Jobs that lie where the journal is damaged.
struct LostJobs {
    std::string file;
    std::uint64_t offset = 0;
    std::string rule;                 // which the file breaks
    std::optional<model::JobId> job;  // nothing: the whole file is lost, and with it their ids
    std::uint64_t jobs = 1;
    std::string service;
};

/// What a record of a checkpoint says of a spill.
[[nodiscard]] std::optional<store::SpillUse> spill_used_by(std::string_view record);

/// Bound: the entries of one file, and all files open.
class JournalSpills final : public core::SpillStore {
public:
    /// Those of a journal, which are open. `folder` is for messages, and outlives this.
    void use(const store::ReadableFolder& folder, std::map<std::uint64_t, store::ChainFile> files) {
        folder_ = &folder;
        files_ = std::move(files);
    }

    /// Reads the spill that `fact` tells of with all its checksums. What is lost of it is appended
    /// to `lost`. Errors: Io; UnsupportedVersion.
    [[nodiscard]] base::Expected<void> check(const core::JobsSpilled& fact,
                                             std::vector<LostJobs>& lost);

    /// Whether check() has found any that are.
    [[nodiscard]] bool has_lost() const { return has_lost_; }

    /// The entries of a spill that can be read, as they were written. Errors: Io; Malformed;
    /// UnsupportedVersion.
    [[nodiscard]] base::Expected<std::vector<core::SpillEntry>> entries(core::SpillNumber number);

    // ---- for the core ----
    /// Nobody submits anything to it.
    base::Expected<core::SpillNumber> write(std::span<core::SpillEntry> entries,
                                            std::string_view bytes) override;
    /// Damaged entries are named by zeros; a file that cannot be read has none.
    base::Expected<std::vector<core::SpillEntry>> open(core::SpillNumber number) override;
    base::Expected<std::string> read(core::SpillNumber number,
                                     std::uint32_t begin,
                                     std::span<const core::SpillEntry> entries) override;

    void will_need(core::SpillNumber /*number*/) override {}

    void drop(core::SpillNumber /*number*/) override {}

private:
    struct Checked {
        core::SpillNumber number = 0;
        std::vector<store::SpillItem> items;
        std::vector<store::SpillLoss> lost;
        std::optional<store::SpillFault> fault;  // of the whole file
    };

    base::Expected<void> look_at(core::SpillNumber number);
    [[nodiscard]] store::SpillExpected<store::ReadableFile*> file(core::SpillNumber number) const;
    [[nodiscard]] base::Unexpected error(core::SpillNumber number,
                                         const store::SpillFault& fault) const;

    const store::ReadableFolder* folder_ = nullptr;
    std::map<std::uint64_t, store::ChainFile> files_;
    Checked checked_;  // the one that was looked at last
    bool has_lost_ = false;
    std::map<core::SpillNumber, std::size_t> counts_;  // of entries, where there are any
};

}  // namespace steward::cli
