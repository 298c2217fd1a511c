#include "supervisor/process/line_splitter.hpp"

#include <algorithm>

namespace steward::supervisor {

void LineSplitter::feed(std::string_view bytes, const std::function<void(std::string_view)>& line) {
    while (!bytes.empty()) {
        const std::size_t room = kLineBytesMax - unfinished_.size();
        const std::size_t end = std::min(bytes.find('\n'), bytes.size());
        const std::size_t taken = std::min(end, room);
        unfinished_.append(bytes.substr(0, taken));
        bytes.remove_prefix(taken);
        const bool is_at_end = !bytes.empty() && bytes.front() == '\n';
        if (is_at_end) {
            bytes.remove_prefix(1);
        }
        if (is_at_end || unfinished_.size() == kLineBytesMax) {
            line(unfinished_);
            unfinished_.clear();
        }
    }
}

void LineSplitter::finish(const std::function<void(std::string_view)>& line) {
    if (!unfinished_.empty()) {
        line(unfinished_);
        unfinished_.clear();
    }
}

}  // namespace steward::supervisor
