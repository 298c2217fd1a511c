#include "broker/app/intake.hpp"

namespace steward::app {

void Intake::note_turn(base::MonoTime begin,
                       base::MonoTime end,
                       std::uint64_t accepted,
                       std::uint64_t ended) {
    if (ended > 0) {
        const auto share = static_cast<std::int64_t>(ended);
        const auto all = static_cast<std::int64_t>(accepted + ended);
        ending_ += (end - begin) * share / all;
    }
    const base::Duration span = end - span_begin_;
    if (span >= kSpan) {
        is_busy_ending_ = ending_ * 4 >= span;
        ending_ = {};
        span_begin_ = end;
    }
}

Intake::Door Intake::door(base::MonoTime now, std::uint64_t unfinished, std::uint64_t queues) {
    is_open_ = !is_busy_ending_ || at_hand(unfinished, queues) <= (is_open_ ? kPlenty : kFew);
    if (!is_open_ && now - last_heard_ < kPatience) {
        return Door::Closed;
    }
    last_heard_ = now;
    return is_open_ ? Door::Open : Door::Ajar;
}

bool Intake::stays_open(std::uint64_t unfinished, std::uint64_t queues) {
    const bool was_open = is_open_;
    is_open_ = is_open_ && (!is_busy_ending_ || at_hand(unfinished, queues) <= kPlenty);
    return is_open_ == was_open;
}

}  // namespace steward::app
