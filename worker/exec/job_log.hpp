// worker/exec: what a command writes to its standard error: lines of the worker's log with the
// job's id, up to a bound, and the last part of it kept as the reason of a failure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace steward::worker::exec {

class JobLog {
public:
    static constexpr std::size_t kReasonBytesMax = 1024;
    static constexpr std::size_t kLineBytesMax = 1000;  // longer ones are cut into several

    /// `bytes_max` 0: nothing is logged.
    JobLog(std::string job, std::uint64_t bytes_max)
        : job_(std::move(job)), left_(bytes_max), is_cut_(bytes_max == 0) {}

    void add(std::string_view bytes);
    /// A last line without its end.
    void finish();

    /// The last lines, as many as fit into kReasonBytesMax, in one: " | " stands where one ends.
    [[nodiscard]] std::string reason() const;

private:
    void take_line(std::string_view line);
    void write(std::string_view event, std::string_view text) const;

    std::string job_;
    std::uint64_t left_;  // bytes that may still be written
    bool is_cut_;
    std::string line_;
    std::string tail_;
};

}  // namespace steward::worker::exec
