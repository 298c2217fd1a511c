// worker: whether an attempt is to stop. What std::stop_token needs is made only when somebody asks
// for the token: most jobs end before anybody does.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <stop_token>

namespace steward::worker {

/// The stop state of one attempt after the other.
///
/// Thread: any, but for renew().
class Stop {
public:
    Stop() = default;
    Stop(const Stop&) = delete;
    Stop& operator=(const Stop&) = delete;

    [[nodiscard]] bool is_requested() const noexcept {
        return is_requested_.load(std::memory_order_acquire);
    }

    /// The token of the present attempt, which fires with the request or has fired. The reference
    /// is good until renew(), a copy of it for ever.
    [[nodiscard]] const std::stop_token& token();

    /// From now on a stop is requested. Returns what the caller is to fire, once it holds no lock,
    /// for stop callbacks are user code; nothing when nobody has asked for the token.
    [[nodiscard]] std::optional<std::stop_source> request();

    /// For the next attempt. Copies of the last one's token keep to that one. Not while another
    /// thread calls anything here.
    void renew();

private:
    std::atomic<bool> is_requested_ = false;
    std::mutex mutex_;
    std::stop_source source_{std::nostopstate};
    std::stop_token token_;
};

}  // namespace steward::worker
