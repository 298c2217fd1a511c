// supervisor/policy: how long a process has been silent. Only time in which somebody listened
// counts: a pause of the machine, or of the supervisor alone, is no silence of its processes.
#pragma once

#include <optional>

#include "common/base/time.hpp"

namespace steward::supervisor {

/// Between two calls of is_silent() no more than a quarter of the limit passes. A process gives a
/// sign of life in each half of it, so what a pause of any length leaves it is time for one.
///
/// Time only moves forward, but what is heard may be later than what is looked at next.
class Watchdog {
public:
    /// `limit`: 0 for never silent.
    explicit Watchdog(base::Duration limit = {}) : limit_(limit) {}

    /// It gave a sign of life. The first one begins the watch.
    void hear(base::MonoTime now);
    /// Whether it has been silent for the limit. True once: the next sign begins the watch anew.
    [[nodiscard]] bool is_silent(base::MonoTime now);
    /// When to call that again; nothing: not before hear().
    [[nodiscard]] std::optional<base::MonoTime> next_look() const;

private:
    base::Duration limit_;
    base::Duration silence_{};
    std::optional<base::MonoTime> looked_at_;  // nothing: it is not watched
};

}  // namespace steward::supervisor
