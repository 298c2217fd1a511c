// tests/sim: virtual time. Nothing waits: the clock leaps from one event to the next.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "common/base/time.hpp"

namespace steward::sim {

using base::Duration;
using base::MonoTime;
using namespace std::chrono_literals;

/// Events in the order of (time, when they were planned).
class Schedule {
public:
    using Action = std::function<void()>;

    /// An instant that has passed means now.
    void at(MonoTime when, Action action) {
        events_.emplace(std::pair(std::max(when, now_), ++planned_), std::move(action));
    }

    void in(Duration pause, Action action) { at(now_ + pause, std::move(action)); }

    /// Runs the next event; false when there is none.
    bool step() {
        if (events_.empty()) {
            return false;
        }
        auto node = events_.extract(events_.begin());
        now_ = node.key().first;
        ++steps_;
        node.mapped()();
        return true;
    }

    [[nodiscard]] MonoTime now() const { return now_; }

    [[nodiscard]] std::uint64_t steps() const { return steps_; }

private:
    std::map<std::pair<MonoTime, std::uint64_t>, Action> events_;
    MonoTime now_ = MonoTime(Duration(1s));
    std::uint64_t planned_ = 0;
    std::uint64_t steps_ = 0;
};

}  // namespace steward::sim
