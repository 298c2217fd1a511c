// common/log: keeps one event that happens all the time from drowning the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "common/base/time.hpp"

namespace steward::log {

using namespace std::chrono_literals;

/// Admits `lines_max` lines of one event word in each `window`, and counts the rest.
///
/// Thread: one.  Bound: kEventsMax words; further ones are admitted uncounted.
class RepeatLimit {
public:
    explicit RepeatLimit(std::uint32_t lines_max = 20, base::Duration window = 1s)
        : lines_max_(lines_max), window_(window) {}

    struct Verdict {
        bool is_admitted = true;
        std::uint64_t left_out = 0;  // lines of this event since the last that was admitted
    };

    [[nodiscard]] Verdict ask(std::string_view event, base::MonoTime now);

    static constexpr std::size_t kEventsMax = 256;

private:
    struct Entry {
        base::MonoTime since;
        std::uint32_t lines = 0;
        std::uint64_t left_out = 0;
    };

    std::map<std::string, Entry, std::less<>> entries_;
    std::uint32_t lines_max_;
    base::Duration window_;
};

}  // namespace steward::log
