// broker/store: pieces of the state that lie on the disk instead of in memory: files that are
// written once, read often and removed when no checkpoint needs them. They do not know what a job
// is. docs/journal-format.md tells their bytes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "broker/store/spill_format.hpp"

namespace steward::store {

/// What repair has given up.
struct SpillLost {
    std::string path;
    SpillFault fault;
    std::optional<std::size_t> place;  // of the entry; nothing: the whole file
    SpillItem item;                    // as it was
};

/// Thread: the loop's, but for sync(), which a copy of the process calls too.
/// Bound:  what its owner keeps, and as much again until the next checkpoint.
class SpillFiles {
public:
    /// `repair`: entries that are damaged are given up instead of refused, and told in `lost`.
    explicit SpillFiles(Disk& disk, bool repair = false) : disk_(disk), repairs_(repair) {}

    /// Looks which files there are, before any other call. Errors: Io.
    [[nodiscard]] base::Expected<void> look();

    /// Writes a file and fills in the checksums. It is in the system's hands when this returns.
    /// Errors: DiskFull; Io: no file is left.
    [[nodiscard]] base::Expected<std::uint64_t> write(std::span<SpillItem> items,
                                                      std::string_view bytes);
    /// The entries of a file of an earlier run, which is kept from now on. With repair: a damaged
    /// one is named by zeros, and a file that cannot be read has none.
    /// Errors: Io; Malformed, with file and offset.
    [[nodiscard]] base::Expected<std::vector<SpillItem>> open(std::uint64_t number);
    /// The bytes from `begin` to the end of the last of these neighbours, all of them checked.
    /// Errors: Io; Malformed, with file and offset.
    [[nodiscard]] base::Expected<std::string> read(std::uint64_t number,
                                                   std::uint32_t begin,
                                                   std::span<const SpillItem> items);
    /// It will soon be read.
    void will_need(std::uint64_t number);
    /// It goes when a checkpoint does without it.
    void drop(std::uint64_t number);

    /// What was written is on the disk.
    /// Errors: JournalFailed: nobody knows what is, and another try would not tell.
    [[nodiscard]] base::Expected<void> sync(std::uint64_t number);

    /// How many files are needed.
    [[nodiscard]] std::size_t count() const { return entries_.size(); }

    // ---- the journal's ----
    /// All facts were read: files that nobody opened are removed, those that were given up are set
    /// aside. Errors: Io.
    [[nodiscard]] base::Expected<void> remove_unopened();
    /// A checkpoint begins: it does without what has been dropped.
    void checkpoint_begins();
    /// Removes what was dropped before it began; not if it has failed. Errors: Io.
    [[nodiscard]] base::Expected<void> checkpoint_ended(bool is_done);

    /// What repair has given up, in the order of open().
    [[nodiscard]] const std::vector<SpillLost>& lost() const { return lost_; }

private:
    SpillExpected<ReadableFile*> opened(std::uint64_t number);
    SpillExpected<std::vector<SpillItem>> read_items(std::uint64_t number);
    void give_up_file(std::uint64_t number, const SpillFault& fault);
    SpillExpected<void> give_up_damaged(std::uint64_t number, std::vector<SpillItem>& items);
    [[nodiscard]] std::string path_of(std::uint64_t number) const;
    [[nodiscard]] base::Unexpected error(std::uint64_t number, const SpillFault& fault) const;

    Disk& disk_;
    bool repairs_;
    std::uint64_t next_ = 1;
    std::map<std::uint64_t, std::uint32_t> entries_;  // how many, of the files that are needed
    std::vector<std::uint64_t> found_;                // by look(), until remove_unopened()
    std::vector<std::uint64_t> dropped_;
    std::vector<std::uint64_t> leaving_;  // dropped before the checkpoint that is being written
    std::uint64_t open_number_ = 0;       // the file that was read last
    std::unique_ptr<ReadableFile> open_;
    std::vector<SpillLost> lost_;
    std::vector<std::uint64_t> given_up_;  // files that cannot be read
};

}  // namespace steward::store
