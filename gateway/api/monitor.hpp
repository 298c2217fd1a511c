// gateway/api: how the gateway and its broker are, for probes and for Prometheus.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "gateway/api/broker_link.hpp"
#include "gateway/api/call.hpp"
#include "gateway/http/loop.hpp"
#include "gateway/metrics/counters.hpp"
#include "gateway/metrics/health.hpp"

namespace steward::gateway {

class Desk;

/// Asks the broker now and then how it is, so that a probe is answered at once.
///
/// Thread: the loop's.
class Monitor {
public:
    Monitor(Loop& loop, BrokerLink& broker);

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
    void on_report(const base::Expected<nlohmann::json>& report);

    Loop& loop_;
    BrokerLink& broker_;
    std::unique_ptr<Loop::Timer> tick_;
    base::MonoTime due_{};
    base::Duration late_{};
    std::optional<base::MonoTime> heard_at_;
    bool is_connected_ = false;
    bool is_draining_ = false;
    std::string mode_;
};

void show_health(Desk& desk, std::shared_ptr<Call> call);
void show_readiness(Desk& desk, std::shared_ptr<Call> call);
void show_metrics(Desk& desk, std::shared_ptr<Call> call);

}  // namespace steward::gateway
