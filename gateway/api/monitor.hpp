// gateway/api: how the gateway and its broker are, for probes and for Prometheus.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/api/broker_link.hpp"
#include "gateway/api/call.hpp"
#include "gateway/http/loop.hpp"
#include "gateway/metrics/counters.hpp"
#include "gateway/metrics/health.hpp"

namespace steward::gateway {

class Desk;

/// Asks the broker how it is: now and then, and whenever somebody wants to know.
///
/// Thread: the loop's.
class Monitor {
public:
    /// How long a probe waits for what the broker says now; then what it said last counts.
    static constexpr base::Duration kPatience = std::chrono::milliseconds(500);

    Monitor(Loop& loop, BrokerLink& broker);

    /// The connection with the broker stands, or stands no more.
    void on_link();
    /// Calls `done` when standing() is of this moment: at once without a broker, else when it has
    /// answered or kPatience is over. Any number share one question.
    void look(std::function<void()> done);

    /// Before each page: fills in what others count.
    std::function<void(GatewayCounters&)> refresh;
    GatewayCounters counters;
    bool is_ending = false;
    base::WallTime started_at{};

    [[nodiscard]] Standing standing() const;
    /// How late the loop's own clock ticked last.
    [[nodiscard]] base::Duration lateness() const;

private:
    void tick();
    void ask();
    void tell_waiting();
    void on_report(const base::Expected<nlohmann::json>& report);

    Loop& loop_;
    BrokerLink& broker_;
    std::unique_ptr<Loop::Timer> tick_;
    base::MonoTime due_{};
    base::Duration late_{};
    std::vector<std::function<void()>> waiting_;  // for the answer to the question
    std::unique_ptr<Loop::Timer> patience_;       // theirs
    std::optional<base::MonoTime> heard_at_;      // on this connection
    bool is_asking_ = false;
    bool is_draining_ = false;
    std::string mode_;
};

void show_health(Desk& desk, std::shared_ptr<Call> call);
void show_readiness(Desk& desk, std::shared_ptr<Call> call);
void show_metrics(Desk& desk, std::shared_ptr<Call> call);

}  // namespace steward::gateway
