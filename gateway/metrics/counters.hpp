// gateway/metrics: what the gateway counts of its own work. Plain numbers that whoever does the
// work raises; nothing is computed here before somebody asks.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "common/model/time_histogram.hpp"
#include "gateway/message/message.hpp"

namespace steward::gateway {

/// Answers by method and status.
///
/// Bound: one number for each pair that there can be, 36 KiB.
class AnswerCounts {
public:
    static constexpr std::size_t kMethods = static_cast<std::size_t>(Method::Other) + 1;
    static constexpr unsigned kStatusMin = 100;
    static constexpr unsigned kStatusMax = 599;

    /// A status that HTTP does not have counts as the nearest that it has.
    void add(Method method, unsigned status) {
        const unsigned known = std::clamp(status, kStatusMin, kStatusMax);
        ++counts_[static_cast<std::size_t>(method)][known - kStatusMin];
    }

    /// Calls `visit(method, status, count)` for each pair that was counted.
    template <class Visit>
    void each(Visit&& visit) const {
        for (std::size_t method = 0; method < kMethods; ++method) {
            for (unsigned status = kStatusMin; status <= kStatusMax; ++status) {
                if (const std::uint64_t count = counts_[method][status - kStatusMin]; count != 0) {
                    visit(static_cast<Method>(method), status, count);
                }
            }
        }
    }

private:
    std::array<std::array<std::uint64_t, kStatusMax - kStatusMin + 1>, kMethods> counts_{};
};

/// Thread: the server's.
struct GatewayCounters {
    /// A request was answered `took` after its head was there. Streams and WebSockets are answered
    /// when they begin.
    void answered(Method method, unsigned status, base::Duration took) {
        answers.add(method, status);
        answer_time.add(took);
    }

    AnswerCounts answers;
    model::TimeHistogram answer_time;

    // ---- connections ----
    std::uint64_t connections = 0;  // open now
    std::uint64_t connections_opened = 0;
    std::uint64_t connections_refused = 0;  // at the limit of how many may be open
    std::uint64_t handshakes_failed = 0;    // of TLS

    // ---- those who follow ----
    std::uint64_t event_streams = 0;      // open now
    std::uint64_t websockets = 0;         // open now
    std::uint64_t followers_dropped = 0;  // who read too slowly

    // ---- the broker ----
    std::uint64_t broker_requests = 0;  // that wait for an answer now
    std::uint64_t broker_timeouts = 0;  // requests that ended without an answer in time
    std::uint64_t events = 0;           // heard on the news socket
};

}  // namespace steward::gateway
