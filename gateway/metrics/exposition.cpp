#include "gateway/metrics/exposition.hpp"

#include <cmath>

#include "gateway/metrics/metrics_parts.hpp"
#include "gateway/metrics/report_reader.hpp"

namespace steward::gateway {
namespace {

// A broker of another version may count in other buckets.
bool has_our_bounds(const nlohmann::json& broker) {
    const nlohmann::json* bounds = member_of(broker, "time_bounds");
    if (bounds == nullptr || !bounds->is_array() ||
        bounds->size() != model::TimeHistogram::kBounds) {
        return false;
    }
    constexpr double kRounding = 1e-6;
    for (std::size_t i = 0; i < bounds->size(); ++i) {
        const nlohmann::json& bound = (*bounds)[i];
        const std::chrono::duration<double> ours = model::TimeHistogram::bound(i);
        if (!bound.is_number() || std::abs(bound.get<double>() - ours.count()) > kRounding) {
            return false;
        }
    }
    return true;
}

}  // namespace

std::string exposition(const Reports& reports,
                       const GatewayCounters& counters,
                       const std::optional<OwnProcess>& process,
                       const LabelBounds& bounds) {
    Page page;
    const nlohmann::json broker = read_report(reports.broker);
    Family up = gauge("steward_broker_up", "Whether the broker has answered.");
    up.add(broker.is_object() ? 1 : 0);
    page.put(std::move(up));
    put_broker(broker, page);
    put_services(read_report(reports.services), has_our_bounds(broker), bounds.services_max, page);
    put_workers(read_report(reports.workers), page);
    put_groups(read_report(reports.groups), bounds.groups_max, page);
    put_limits(read_report(reports.limits), bounds.limits_max, page);
    put_gateway(counters, page);
    if (process) {
        put_process(*process, page);
    }
    return page.text();
}

}  // namespace steward::gateway
