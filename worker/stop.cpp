#include "worker/stop.hpp"

namespace steward::worker {

const std::stop_token& Stop::token() {
    const std::scoped_lock lock(mutex_);
    if (!source_.stop_possible()) {
        source_ = std::stop_source();
        token_ = source_.get_token();
        if (is_requested()) {
            source_.request_stop();
        }
    }
    return token_;
}

std::optional<std::stop_source> Stop::request() {
    const std::scoped_lock lock(mutex_);
    is_requested_.store(true, std::memory_order_release);
    return source_.stop_possible() ? std::optional(source_) : std::nullopt;
}

void Stop::renew() {
    is_requested_.store(false, std::memory_order_relaxed);
    if (source_.stop_possible()) {
        source_ = std::stop_source(std::nostopstate);
        token_ = {};
    }
}

}  // namespace steward::worker
