#include "common/log/repeat_limit.hpp"

#include <utility>

namespace steward::log {

RepeatLimit::Verdict RepeatLimit::ask(std::string_view event, base::MonoTime now) {
    auto found = entries_.find(event);
    if (found == entries_.end()) {
        if (entries_.size() >= kEventsMax) {
            return {};
        }
        found = entries_.emplace(std::string(event), Entry{.since = now, .lines = 0, .left_out = 0})
                    .first;
    }
    Entry& entry = found->second;
    if (now - entry.since >= window_) {
        entry.since = now;
        entry.lines = 0;
    }
    if (entry.lines >= lines_max_) {
        ++entry.left_out;
        return {.is_admitted = false, .left_out = 0};
    }
    ++entry.lines;
    return {.is_admitted = true, .left_out = std::exchange(entry.left_out, 0)};
}

}  // namespace steward::log
