// supervisor/process: bytes as they come from a pipe, cut into lines.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace steward::supervisor {

/// Bound: one unfinished line; what is longer than kLineBytesMax goes on in a line of its own.
class LineSplitter {
public:
    static constexpr std::size_t kLineBytesMax = 16U << 10U;

    /// Gives each finished line without its end.
    void feed(std::string_view bytes, const std::function<void(std::string_view)>& line);
    /// Gives what is left: the writer has ended.
    void finish(const std::function<void(std::string_view)>& line);

private:
    std::string unfinished_;
};

}  // namespace steward::supervisor
