// gateway/metrics: services, one label's value each as far as they go.
#include <algorithm>
#include <array>

#include "gateway/metrics/metrics_parts.hpp"
#include "gateway/metrics/report_reader.hpp"

namespace steward::gateway {
namespace {

using nlohmann::json;

// Of one service, or of all that have no label of their own together.
struct Figures {
    std::string service;
    double workers = 0;
    double ready = 0;
    double scheduled = 0;
    double blocked = 0;
    double active = 0;
    double dead_letters = 0;
    double oldest_ready = 0;
    double accepted = 0;
    double succeeded = 0;
    double failed_jobs = 0;
    double died = 0;
    double expired = 0;
    double cancelled = 0;
    double failed = 0;
    double lost = 0;
    double retried = 0;
    std::string mode;
    model::TimeHistogram wait;
    model::TimeHistogram run;
};

struct Count {
    const char* member;
    double Figures::*place;
};

constexpr std::array kCounts = {Count{"workers", &Figures::workers},
                                Count{"ready", &Figures::ready},
                                Count{"scheduled", &Figures::scheduled},
                                Count{"blocked", &Figures::blocked},
                                Count{"active", &Figures::active},
                                Count{"dead_letters", &Figures::dead_letters},
                                Count{"accepted", &Figures::accepted},
                                Count{"succeeded", &Figures::succeeded},
                                Count{"failed_jobs", &Figures::failed_jobs},
                                Count{"died", &Figures::died},
                                Count{"expired", &Figures::expired},
                                Count{"cancelled", &Figures::cancelled},
                                Count{"failed", &Figures::failed},
                                Count{"lost", &Figures::lost},
                                Count{"retried", &Figures::retried}};

void add_row(const json& row, Figures& to) {
    for (const Count& count : kCounts) {
        to.*count.place += number_in(row, count.member).value_or(0);
    }
    to.oldest_ready = std::max(to.oldest_ready, number_in(row, "oldest_ready").value_or(0));
    add_times(row, "wait", to.wait);
    add_times(row, "run", to.run);
}

std::vector<Figures> figures_of(const json& rows, std::size_t services_max) {
    std::vector<Figures> all;
    Figures other;
    bool has_other = false;
    LabelValues labels(services_max);
    for (const json& row : rows) {
        std::string label = labels.value_of(text_in(row, "service"));
        if (label == kOther) {
            add_row(row, other);
            has_other = true;
        } else {
            Figures& one = all.emplace_back();
            one.service = std::move(label);
            one.mode = text_in(row, "mode");
            add_row(row, one);
        }
    }
    if (has_other) {
        other.service = kOther;
        all.push_back(std::move(other));
    }
    return all;
}

class ServicePage {
public:
    ServicePage(const std::vector<Figures>& all, Page& page) : all_(all), page_(page) {}

    void put_one(Family&& family, double Figures::*place) {
        for (const Figures& one : all_) {
            family.add(one.*place, {{"service", one.service}});
        }
        page_.put(std::move(family));
    }

    void put_several(Family&& family,
                     std::string_view label,
                     std::initializer_list<std::pair<std::string_view, double Figures::*>> places) {
        for (const Figures& one : all_) {
            for (const auto& [value, place] : places) {
                family.add(one.*place, {{"service", one.service}, {label, value}});
            }
        }
        page_.put(std::move(family));
    }

    void put_times(Family&& family, model::TimeHistogram Figures::*place) {
        for (const Figures& one : all_) {
            family.add(one.*place, {{"service", one.service}});
        }
        page_.put(std::move(family));
    }

    // Of each service by itself.
    template <class Is>
    void put_modes(Family&& family, const Is& is) {
        for (const Figures& one : all_) {
            if (!one.mode.empty()) {
                family.add(is(one.mode) ? 1 : 0, {{"service", one.service}});
            }
        }
        page_.put(std::move(family));
    }

private:
    const std::vector<Figures>& all_;
    Page& page_;
};

}  // namespace

void put_services(const json& services, bool has_times, std::size_t services_max, Page& page) {
    const std::vector<Figures> all = figures_of(rows_of(services), services_max);
    ServicePage to(all, page);
    to.put_one(gauge("steward_workers", "Workers that serve the service."), &Figures::workers);
    to.put_several(gauge("steward_jobs_waiting", "Jobs that wait, and for what."),
                   "state",
                   {{"ready", &Figures::ready},
                    {"scheduled", &Figures::scheduled},
                    {"blocked", &Figures::blocked}});
    to.put_one(gauge("steward_jobs_active", "Jobs that a worker holds."), &Figures::active);
    to.put_one(gauge("steward_dead_letters", "Dead letters."), &Figures::dead_letters);
    to.put_one(gauge("steward_job_oldest_ready_seconds",
                     "How long the first in the queue has waited; 0: none waits."),
               &Figures::oldest_ready);
    to.put_modes(gauge("steward_service_takes_jobs", "Whether the service's mode lets jobs in."),
                 [](const std::string& mode) { return mode == "running" || mode == "paused"; });
    to.put_modes(
        gauge("steward_service_starts_jobs", "Whether the service's mode lets jobs start."),
        [](const std::string& mode) { return mode == "running" || mode == "draining"; });
    to.put_one(counter("steward_jobs_accepted_total", "Jobs that were taken in."),
               &Figures::accepted);
    to.put_several(counter("steward_jobs_ended_total", "Jobs that ended, and how."),
                   "outcome",
                   {{"succeeded", &Figures::succeeded},
                    {"failed", &Figures::failed_jobs},
                    {"dead", &Figures::died},
                    {"expired", &Figures::expired},
                    {"cancelled", &Figures::cancelled}});
    to.put_one(counter("steward_attempts_failed_total", "Attempts that failed."), &Figures::failed);
    to.put_one(counter("steward_attempts_lost_total", "Attempts whose worker was lost."),
               &Figures::lost);
    to.put_one(counter("steward_attempts_retried_total",
                       "Attempts that failed or were lost and that another follows."),
               &Figures::retried);
    if (has_times) {
        to.put_times(histogram("steward_job_wait_seconds",
                               "How long jobs were ready before an attempt began."),
                     &Figures::wait);
        to.put_times(histogram("steward_job_run_seconds", "How long attempts ran."), &Figures::run);
    }
}

}  // namespace steward::gateway
