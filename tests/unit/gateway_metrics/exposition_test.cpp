// tests: the page that Prometheus reads.
#include "gateway/metrics/exposition.hpp"

#include "tests/unit/gateway_metrics/page_lines.hpp"
#include "tests/unit/gateway_metrics/sample_reports.hpp"

namespace steward::gateway {

TEST_CASE("A service's figures are its metrics") {
    const PageLines page(Sample().page());
    CHECK(page["steward_broker_up"] == 1);
    CHECK(page[R"(steward_workers{service="mail"})"] == 1);
    CHECK(page[R"(steward_jobs_waiting{service="mail",state="ready"})"] == 2);
    CHECK(page[R"(steward_jobs_waiting{service="mail",state="scheduled"})"] == 3);
    CHECK(page[R"(steward_jobs_waiting{service="mail",state="blocked"})"] == 4);
    CHECK(page[R"(steward_jobs_active{service="resize"})"] == 5);
    CHECK(page[R"(steward_dead_letters{service="resize"})"] == 6);
    CHECK(page[R"(steward_job_oldest_ready_seconds{service="mail"})"] == 1.5);
    CHECK(page[R"(steward_jobs_accepted_total{service="mail"})"] == 100);
    CHECK(page[R"(steward_jobs_ended_total{service="mail",outcome="succeeded"})"] == 50);
    CHECK(page[R"(steward_jobs_ended_total{service="mail",outcome="failed"})"] == 8);
    CHECK(page[R"(steward_jobs_ended_total{service="mail",outcome="dead"})"] == 9);
    CHECK(page[R"(steward_jobs_ended_total{service="mail",outcome="expired"})"] == 10);
    CHECK(page[R"(steward_jobs_ended_total{service="mail",outcome="cancelled"})"] == 11);
    CHECK(page[R"(steward_attempts_failed_total{service="mail"})"] == 7);
    CHECK(page[R"(steward_attempts_lost_total{service="mail"})"] == 12);
    CHECK(page[R"(steward_attempts_retried_total{service="mail"})"] == 13);
}

TEST_CASE("Histograms count upward to all of them, in seconds") {
    const PageLines page(Sample().page());
    CHECK(page[R"(steward_job_wait_seconds_bucket{service="mail",le="0.000128"})"] == 1);
    CHECK(page[R"(steward_job_wait_seconds_bucket{service="mail",le="0.131072"})"] == 1);
    CHECK(page[R"(steward_job_wait_seconds_bucket{service="mail",le="0.262144"})"] == 2);
    CHECK(page[R"(steward_job_wait_seconds_bucket{service="mail",le="+Inf"})"] == 2);
    CHECK(page[R"(steward_job_wait_seconds_count{service="mail"})"] == 2);
    CHECK(page[R"(steward_job_wait_seconds_sum{service="mail"})"] == 0.2001);
    CHECK(page[R"(steward_job_run_seconds_bucket{service="mail",le="4294.967296"})"] == 0);
    CHECK(page[R"(steward_job_run_seconds_bucket{service="mail",le="+Inf"})"] == 1);
    CHECK(page.count(R"(steward_job_run_seconds_bucket{service="mail")") == 27);
}

TEST_CASE("Modes are told by what they let happen") {
    Sample sample;
    model::ServiceReport report;
    for (const char* mode : {"running", "paused", "draining", "disabled"}) {
        report.rows.push_back(service_row(mode));
        report.rows.back().mode = mode;
    }
    sample.services = json_of(report);
    const PageLines page(sample.page());
    const auto takes = [&](const std::string& service) {
        return page["steward_service_takes_jobs{service=\"" + service + "\"}"];
    };
    const auto starts = [&](const std::string& service) {
        return page["steward_service_starts_jobs{service=\"" + service + "\"}"];
    };
    CHECK(takes("running") + starts("running") == 2);
    CHECK(takes("paused") == 1);
    CHECK(starts("paused") == 0);
    CHECK(takes("draining") == 0);
    CHECK(starts("draining") == 1);
    CHECK(takes("disabled") + starts("disabled") == 0);
    CHECK(page[R"(steward_broker_mode{mode="running"})"] == 1);
    CHECK(page[R"(steward_broker_mode{mode="paused"})"] == 0);
}

TEST_CASE("The broker's own figures are metrics without a service") {
    const PageLines page(Sample().page());
    CHECK(page["steward_services"] == 2);
    CHECK(page["steward_workers_connected"] == 3);
    CHECK(page["steward_submissions_refused_total"] == 2);
    CHECK(page["steward_attempts_started_total"] == 3);
    CHECK(page[R"(steward_resource_used{resource="jobs"})"] == 10);
    CHECK(page[R"(steward_resource_max{resource="peers"})"] == 200);
    CHECK(page[R"(steward_messages_unread_total{reason="malformed"})"] == 22);
    CHECK(page[R"(steward_messages_undelivered_total{reason="slow"})"] == 24);
    CHECK(page[R"(steward_journal_info{engine="disk",durability="sync"})"] == 1);
    CHECK(page[R"(steward_journal_bytes{part="checkpoint"})"] == 1000);
    CHECK(page[R"(steward_journal_bytes{part="log"})"] == 2000);
    CHECK(page["steward_journal_disk_full"] == 0);
    CHECK(page["steward_journal_sync_seconds_total"] == 2.5);
    CHECK(page["steward_broker_resident_memory_bytes"] == 1 << 20);
    CHECK(page["steward_broker_start_time_seconds"] == 1'700'000'000);
}

TEST_CASE("Workers, groups and named limits") {
    const PageLines page(Sample().page());
    CHECK(page["steward_worker_slots"] == 5);
    CHECK(page["steward_worker_slots_busy"] == 4);
    CHECK(page["steward_worker_jobs_held"] == 6);
    CHECK(page[R"(steward_group_jobs_waiting{group="acme"})"] == 7);
    CHECK(page[R"(steward_group_jobs_active{group="acme"})"] == 2);
    CHECK(page[R"(steward_limit_jobs_active{limit="db"})"] == 3);
    CHECK(page[R"(steward_limit_jobs_max{limit="db"})"] == 4);
    CHECK(page[R"(steward_limit_holding{limit="db"})"] == 1);
}

TEST_CASE("The gateway counts its answers by method and status") {
    Sample sample;
    sample.counters.answered(Method::Post, 202, std::chrono::milliseconds(1));
    sample.counters.answered(Method::Post, 202, std::chrono::milliseconds(1));
    sample.counters.answered(Method::Other, 5, {});
    sample.counters.answered(Method::Other, 1000, {});
    sample.counters.websockets = 3;
    sample.counters.event_streams = 4;
    const PageLines page(sample.page());
    CHECK(page[R"(steward_gateway_http_requests_total{code="200",method="GET"})"] == 1);
    CHECK(page[R"(steward_gateway_http_requests_total{code="202",method="POST"})"] == 2);
    CHECK(page[R"(steward_gateway_http_requests_total{code="100",method="OTHER"})"] == 1);
    CHECK(page[R"(steward_gateway_http_requests_total{code="599",method="OTHER"})"] == 1);
    CHECK(page.count("steward_gateway_http_requests_total") == 4);
    CHECK(page["steward_gateway_http_request_seconds_count"] == 5);
    CHECK(page[R"(steward_gateway_followers{door="websocket"})"] == 3);
    CHECK(page[R"(steward_gateway_followers{door="events"})"] == 4);
    CHECK(page["process_cpu_seconds_total"] == 3);
}

TEST_CASE("As many services as may have a label have one, all others are one") {
    Sample sample;
    model::ServiceReport report;
    for (int i = 0; i < 10; ++i) {
        report.rows.push_back(service_row("s" + std::to_string(i)));
    }
    sample.services = json_of(report);
    const PageLines all(sample.page({.services_max = 10}));
    CHECK(all.has(R"(steward_workers{service="s9"})"));
    CHECK_FALSE(all.has(R"(steward_workers{service="_other"})"));

    const PageLines some(sample.page({.services_max = 8}));
    CHECK(some.has(R"(steward_workers{service="s7"})"));
    CHECK_FALSE(some.has(R"(steward_workers{service="s8"})"));
    CHECK(some[R"(steward_workers{service="_other"})"] == 2);
    CHECK(some[R"(steward_jobs_accepted_total{service="_other"})"] == 200);
    CHECK(some[R"(steward_job_wait_seconds_count{service="_other"})"] == 4);
    CHECK(some[R"(steward_job_oldest_ready_seconds{service="_other"})"] == 1.5);
    CHECK_FALSE(some.has(R"(steward_service_takes_jobs{service="_other"})"));

    const PageLines none(sample.page({.services_max = 0}));
    CHECK(none.count("steward_workers{") == 1);
    CHECK(none[R"(steward_workers{service="_other"})"] == 10);
}

TEST_CASE("A service that is called as all others together are is one of them") {
    Sample sample;
    model::ServiceReport report;
    report.rows = {service_row("_other"), service_row("mail")};
    sample.services = json_of(report);
    const PageLines page(sample.page());
    CHECK(page[R"(steward_workers{service="_other"})"] == 1);
    CHECK(page[R"(steward_workers{service="mail"})"] == 1);
}

TEST_CASE("No series is there twice, whatever the services are called") {
    Sample sample;
    model::ServiceReport report;
    report.rows = {service_row("m\xEFl"), service_row("m\xEEl"), service_row("mail")};
    sample.services = json_of(report);
    const PageLines page(sample.page());
    CHECK(page.count("steward_workers{") == 2);
    CHECK(page[R"(steward_workers{service="_other"})"] == 2);

    sample.services = R"([{"service":"a","workers":1},{"service":"a","workers":2}])";
    const PageLines twice(sample.page());
    CHECK(twice[R"(steward_workers{service="a"})"] == 1);
    CHECK(twice[R"(steward_workers{service="_other"})"] == 2);
}

TEST_CASE("Groups and limits beyond their bounds are summed up as well") {
    Sample sample;
    model::GroupReport groups;
    model::LimitReport limits;
    for (const char* name : {"a", "b", "c"}) {
        groups.rows.push_back({model::Label(name), 1, 0, {}, 1, 2});
        limits.rows.push_back({model::Label(name), 4, {}, {}, 3, true});
    }
    sample.groups = json_of(groups);
    sample.limits = json_of(limits);
    const PageLines page(sample.page({.groups_max = 1, .limits_max = 2}));
    CHECK(page[R"(steward_group_jobs_active{group="a"})"] == 2);
    CHECK(page[R"(steward_group_jobs_active{group="_other"})"] == 4);
    CHECK(page[R"(steward_limit_jobs_max{limit="b"})"] == 4);
    CHECK(page[R"(steward_limit_jobs_max{limit="_other"})"] == 4);
}

TEST_CASE("Names are written so that they can be read, whatever is in them") {
    Sample sample;
    model::ServiceReport report;
    report.rows = {service_row("a\"b\\c")};
    sample.services = json_of(report);
    const PageLines page(sample.page());
    CHECK(page[R"(steward_workers{service="a\"b\\c"})"] == 1);
}

TEST_CASE("Without a broker the gateway tells so, and of itself") {
    const GatewayCounters counters;
    const PageLines page(exposition({}, counters, std::nullopt));
    CHECK(page["steward_broker_up"] == 0);
    CHECK(page["steward_gateway_connections"] == 0);
    CHECK_FALSE(page.has("steward_services"));
    CHECK_FALSE(page.has("process_open_fds"));
    CHECK(page.count("steward_workers") == 0);
}

TEST_CASE("What is no report is no harm") {
    const GatewayCounters counters;
    for (const char* text : {"",
                             "{",
                             "[]",
                             "{}",
                             "null",
                             "[1,\"x\",null,{}]",
                             "{\"rows\":7}",
                             R"([{"service":5,"wait_buckets":{},"wait_sum":"x"}])",
                             R"({"limits":[1],"journal":5,"process":[],"time_bounds":[1]})",
                             R"([{"service":"x","wait_buckets":[-1,"y"],"wait_sum":-1e300}])"}) {
        CAPTURE(text);
        const PageLines page(exposition({text, text, text, text, text}, counters, std::nullopt));
        CHECK(page.has("steward_broker_up"));
    }
}

TEST_CASE("A broker that counts in other buckets has no histograms here") {
    Sample sample;
    const std::size_t at = sample.broker.find("\"time_bounds\":[");
    REQUIRE(at != std::string::npos);
    sample.broker.insert(at + 15, "0.5,");
    const PageLines page(sample.page());
    CHECK(page.count("steward_job_wait_seconds") == 0);
    CHECK(page.has(R"(steward_workers{service="mail"})"));
}

TEST_CASE("A thousand services are a page of bounded size") {
    Sample sample;
    model::ServiceReport report;
    for (int i = 0; i < 1000; ++i) {
        report.rows.push_back(service_row("service-with-a-long-name-" + std::to_string(i)));
    }
    sample.services = json_of(report);
    const std::size_t bare = Sample().page({.services_max = 0}).size();
    const std::size_t bytes = sample.page({.services_max = 200}).size();
    CHECK(bytes < bare + 201 * 8192);
}

}  // namespace steward::gateway
