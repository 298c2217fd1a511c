// broker/store: the end of the log. Writes groups of commits and makes them safe; no thread, no
// clock: the journal's writer thread drives it, and tests do.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "broker/store/disk.hpp"
#include "broker/store/log_files.hpp"

namespace steward::store {

/// Commits for one file, in order.
struct Group {
    LogPosition at;  // when it begins a file: which, and its first record
    bool begins_file = false;
    std::string bytes;  // of put_commit()
};

/// Thread: one at a time.
class LogWriter {
public:
    explicit LogWriter(Disk& disk) : disk_(disk) {}

    /// Writes the group behind what is there. With an error nothing of it counts, and the same
    /// group can be tried again.
    /// Errors: DiskFull; Io: give up, the file is in an unknown state.
    [[nodiscard]] base::Expected<void> write(Group& group);
    /// Everything written is safe when this returns. Errors: Io: give up.
    [[nodiscard]] base::Expected<void> sync();

    [[nodiscard]] bool is_synced() const { return synced_ == offset_; }

private:
    [[nodiscard]] base::Expected<void> begin_file(const LogPosition& at);

    Disk& disk_;
    std::unique_ptr<File> file_;
    std::uint64_t number_ = 0;
    std::uint64_t offset_ = 0;
    std::uint64_t synced_ = 0;
};

}  // namespace steward::store
