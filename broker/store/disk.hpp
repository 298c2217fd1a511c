// broker/store: the few things that the journal asks of a file system. Implemented over the
// system's calls, and by a disk of the tests that forgets what was not synced, tears and fills up.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/expected.hpp"

namespace steward::store {

/// One open file, to look at only.
///
/// Thread: one at a time.
class ReadableFile {
public:
    virtual ~ReadableFile() = default;

    /// Up to `bytes_max` bytes from `offset`; fewer only at the end of the file. Errors: Io.
    [[nodiscard]] virtual base::Expected<std::string> read(std::uint64_t offset,
                                                           std::size_t bytes_max) = 0;
    /// Errors: Io.
    [[nodiscard]] virtual base::Expected<std::uint64_t> size() = 0;
};

/// One open file.
///
/// Thread: one at a time.
class File : public ReadableFile {
public:
    /// Writes all of `bytes` at `offset`; a part may have been written when it fails.
    /// Errors: DiskFull; Io.
    [[nodiscard]] virtual base::Expected<void> write(std::uint64_t offset,
                                                     std::string_view bytes) = 0;
    /// What was written is on the disk when this returns. After an error nobody knows what is:
    /// Linux may drop the pages and say nothing the next time. Errors: Io.
    [[nodiscard]] virtual base::Expected<void> sync() = 0;
    /// Errors: Io.
    [[nodiscard]] virtual base::Expected<void> truncate(std::uint64_t size) = 0;
};

/// One folder, to look at only; names are those of files in it. It may be another process's, whose
/// files come and go meanwhile.
///
/// Thread: any.
class ReadableFolder {
public:
    virtual ~ReadableFolder() = default;

    /// In no order; what is there all the while is in it. Errors: Io.
    [[nodiscard]] virtual base::Expected<std::vector<std::string>> list() = 0;
    /// Null: there is no such file (any more). One that is open can be read to its end, also when
    /// it is removed. Errors: Io.
    [[nodiscard]] virtual base::Expected<std::unique_ptr<ReadableFile>> open_to_read(
        const std::string& name) = 0;
    /// For messages.
    [[nodiscard]] virtual std::string path_of(const std::string& name) const = 0;
};

/// One folder that is this process's alone.
///
/// Thread: any; a file that is removed or renamed must not be in use.
class Disk : public ReadableFolder {
public:
    /// A file that does not exist is made. Errors: DiskFull; Io.
    [[nodiscard]] virtual base::Expected<std::unique_ptr<File>> open_file(
        const std::string& name) = 0;
    /// Errors: Io.
    [[nodiscard]] virtual base::Expected<void> remove(const std::string& name) = 0;
    /// Replaces what was called `to`. Errors: Io.
    [[nodiscard]] virtual base::Expected<void> rename(const std::string& from,
                                                      const std::string& to) = 0;
    /// Files that were made, removed or renamed are so after a loss of power. Errors: Io.
    [[nodiscard]] virtual base::Expected<void> sync_names() = 0;
};

}  // namespace steward::store
