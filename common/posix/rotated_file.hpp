// common/posix: a log of lines in a bounded row of files: the newest has the name, older ones have
// .1, .2 and so on behind it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/expected.hpp"
#include "common/posix/append_file.hpp"

namespace steward::posix {

struct RotatedOptions {
    std::string path;
    std::uint64_t bytes_max = 64UL << 20U;  // where one file ends and the next begins
    std::uint32_t files_max = 8;            // the newest included; at least 1
};

/// Thread: one.  Blocks: as long as the file system does; nothing is synced.
class RotatedFile {
public:
    /// Errors: Io.
    [[nodiscard]] static base::Expected<RotatedFile> open(RotatedOptions options);

    /// Appends whole lines, all or nothing. A piece larger than a file has a file of its own.
    /// Errors: Io; the next append tries again.
    [[nodiscard]] base::Expected<void> append(std::string_view lines);

    /// The next append opens the path anew: somebody may have moved the file away.
    void reopen() { file_ = {}; }

    [[nodiscard]] const RotatedOptions& options() const { return options_; }

private:
    RotatedFile(RotatedOptions options, AppendFile file)
        : options_(std::move(options)), file_(std::move(file)) {}

    base::Expected<void> rotate();

    RotatedOptions options_;
    AppendFile file_;
};

}  // namespace steward::posix
