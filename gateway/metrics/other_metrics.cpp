// gateway/metrics: workers, groups and named limits.
#include <algorithm>
#include <optional>

#include "gateway/metrics/metrics_parts.hpp"
#include "gateway/metrics/report_reader.hpp"

namespace steward::gateway {
namespace {

using nlohmann::json;

// A gauge over rows, whose values under `_other` are added up.
class LabelledGauge {
public:
    LabelledGauge(std::string_view name, std::string_view help, std::string_view label)
        : family_(gauge(name, help)), label_(label) {}

    void add(const std::string& value, double number) {
        if (value == kOther) {
            other_ = other_.value_or(0) + number;
        } else {
            family_.add(number, {{label_, value}});
        }
    }

    void put(Page& page) {
        if (other_) {
            family_.add(*other_, {{label_, kOther}});
        }
        page.put(std::move(family_));
    }

private:
    Family family_;
    std::string_view label_;
    std::optional<double> other_;
};

}  // namespace

void put_workers(const json& workers, Page& page) {
    if (!workers.is_array()) {
        return;
    }
    double slots = 0;
    double busy = 0;
    double held = 0;
    for (const json& row : workers) {
        const double concurrency = number_in(row, "concurrency").value_or(1);
        const double holds = number_in(row, "held").value_or(0);
        slots += concurrency;
        busy += std::min(concurrency, holds);
        held += holds;
    }
    const auto put = [&](std::string_view name, std::string_view help, double value) {
        Family family = gauge(name, help);
        family.add(value);
        page.put(std::move(family));
    };
    put("steward_worker_slots", "Jobs that all workers can run at once.", slots);
    put("steward_worker_slots_busy", "How many of these run one.", busy);
    put("steward_worker_jobs_held", "Jobs that workers hold, those given ahead included.", held);
}

void put_groups(const json& groups, std::size_t groups_max, Page& page) {
    LabelledGauge waiting("steward_group_jobs_waiting", "Jobs of the group that wait.", "group");
    LabelledGauge active("steward_group_jobs_active", "Jobs of the group that run.", "group");
    LabelValues labels(groups_max);
    for (const json& row : rows_of(groups)) {
        const std::string group = labels.value_of(text_in(row, "group"));
        waiting.add(group, number_in(row, "waiting").value_or(0));
        active.add(group, number_in(row, "active").value_or(0));
    }
    waiting.put(page);
    active.put(page);
}

void put_limits(const json& limits, std::size_t limits_max, Page& page) {
    LabelledGauge active("steward_limit_jobs_active", "Jobs that run under the limit.", "limit");
    LabelledGauge at_once("steward_limit_jobs_max", "How many may run at once.", "limit");
    LabelledGauge holding("steward_limit_holding", "Whether a service waits for it.", "limit");
    LabelValues labels(limits_max);
    for (const json& row : rows_of(limits)) {
        const std::string limit = labels.value_of(text_in(row, "limit"));
        active.add(limit, number_in(row, "active").value_or(0));
        holding.add(limit, flag_in(row, "holding").value_or(false) ? 1 : 0);
        if (const auto most = number_in(row, "at_once")) {
            at_once.add(limit, *most);
        }
    }
    active.put(page);
    at_once.put(page);
    holding.put(page);
}

}  // namespace steward::gateway
