// broker/app: the lifecycle log: one JSON line for each change of a job, in files that take turns.
// From it an operator can resubmit what never finished. Does not make the lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/expected.hpp"
#include "common/posix/rotated_file.hpp"

namespace steward::app {

using LifecycleOptions = posix::RotatedOptions;

/// Lines are gathered and written by flush(), once for each turn of the loop; many at once go
/// straight to the file.
/// A disk that is full or broken costs lines, which are counted, and never stops the broker.
///
/// Thread: the loop's.  Bound: kBufferBytesMax of lines not yet written; files as in the options.
class LifecycleLog {
public:
    /// Errors: Io.
    [[nodiscard]] static base::Expected<LifecycleLog> open(const LifecycleOptions& options);

    /// `lines` are so many whole lines, each with its line end.
    void add(std::string_view lines, std::size_t count);
    void flush();
    /// What comes from now on goes into a file that is opened anew.
    void reopen();

    /// A change of health to be told once: trouble with its reason, or its end.
    struct News {
        bool is_failing = false;
        std::string why;
        std::uint64_t lines_lost = 0;  // in all
    };

    [[nodiscard]] std::optional<News> take_news();

    [[nodiscard]] std::uint64_t lines_lost() const { return lines_lost_; }

    static constexpr std::size_t kBufferBytesMax = 1U << 20U;
    static constexpr std::size_t kWrittenAtOnceBytes = 16U << 10U;

private:
    explicit LifecycleLog(posix::RotatedFile file) : file_(std::move(file)) {}

    void write(std::string_view lines, std::size_t count);

    posix::RotatedFile file_;
    std::string buffer_;
    std::uint64_t lines_buffered_ = 0;
    std::uint64_t lines_lost_ = 0;
    bool is_failing_ = false;
    std::optional<News> news_;
};

}  // namespace steward::app
