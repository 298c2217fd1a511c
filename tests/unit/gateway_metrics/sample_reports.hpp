// tests: reports of a broker with one of everything, as the broker writes them.
#pragma once

#include <string>

#include "common/model/report.hpp"
#include "common/wire/report_json.hpp"
#include "gateway/metrics/exposition.hpp"

namespace steward::gateway {

inline model::ServiceRow service_row(const std::string& name) {
    model::ServiceRow row;
    row.service = model::ServiceName::parse(name).value();
    row.workers = 1;
    row.ready = 2;
    row.scheduled = 3;
    row.blocked = 4;
    row.active = 5;
    row.dead = 6;
    row.oldest_ready = std::chrono::milliseconds(1500);
    row.accepted = 100;
    row.succeeded = 50;
    row.failed = 7;
    row.failed_jobs = 8;
    row.died = 9;
    row.expired = 10;
    row.cancelled = 11;
    row.lost = 12;
    row.retried = 13;
    row.wait.add(std::chrono::microseconds(100));
    row.wait.add(std::chrono::milliseconds(200));
    row.run.add(std::chrono::hours(2));
    return row;
}

inline std::string json_of(const model::Report& report) {
    return wire::to_json(report, nullptr);
}

inline model::BrokerReport broker_report() {
    model::BrokerReport report;
    report.counters = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20};
    report.services = 2;
    report.workers = 3;
    report.usages = {{"jobs", 10, 1000}, {"peers", 4, 200}};
    report.messages = {21, 22, 23, 24};
    report.journal = {"disk",
                      "sync",
                      1000,
                      2000,
                      30,
                      4,
                      5,
                      std::chrono::milliseconds(2500),
                      std::chrono::milliseconds(2),
                      6,
                      false};
    report.process = {1 << 20,
                      40,
                      1024,
                      std::chrono::milliseconds(1250),
                      base::WallTime(std::chrono::seconds(1'700'000'000))};
    return report;
}

/// Everything that exposition() is given.
struct Sample {
    Sample() {
        model::ServiceReport all;
        all.rows = {service_row("mail"), service_row("resize")};
        services = json_of(all);
        model::WorkerReport everybody;
        everybody.rows.resize(2);
        everybody.rows[0].concurrency = 4;
        everybody.rows[0].held = 6;
        everybody.rows[1].held = 0;
        workers = json_of(everybody);
        model::GroupReport tenants;
        tenants.rows.push_back({model::Label("acme"), 1, 2, {}, 7, 2});
        groups = json_of(tenants);
        model::LimitReport named;
        named.rows.push_back({model::Label("db"), 4, {}, {"mail"}, 3, true});
        limits = json_of(named);
        counters.answered(Method::Get, 200, std::chrono::milliseconds(1));
        process = OwnProcess{1 << 20, 30, 512, std::chrono::seconds(3), {}};
    }

    [[nodiscard]] std::string page(const LabelBounds& bounds = {}) const {
        return exposition({broker, services, workers, groups, limits}, counters, process, bounds);
    }

    std::string broker = json_of(broker_report());
    std::string services;
    std::string workers;
    std::string groups;
    std::string limits;
    GatewayCounters counters;
    std::optional<OwnProcess> process;
};

}  // namespace steward::gateway
