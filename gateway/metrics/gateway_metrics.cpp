// gateway/metrics: the gateway itself.
#include "gateway/metrics/metrics_parts.hpp"

namespace steward::gateway {
namespace {

double in_seconds(base::Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

void put_value(Page& page, Family&& family, double value) {
    family.add(value);
    page.put(std::move(family));
}

void put_value(Page& page, Family&& family, std::uint64_t value) {
    put_value(page, std::move(family), static_cast<double>(value));
}

void put_answers(const GatewayCounters& counters, Page& page) {
    Family requests =
        counter("steward_gateway_http_requests_total", "Requests that were answered, and how.");
    counters.answers.each([&](Method method, unsigned status, std::uint64_t count) {
        requests.add(static_cast<double>(count),
                     {{"code", std::to_string(status)}, {"method", name_of(method)}});
    });
    page.put(std::move(requests));
    Family times = histogram("steward_gateway_http_request_seconds",
                             "From a request's head to its answer; streams: to their beginning.");
    times.add(counters.answer_time);
    page.put(std::move(times));
}

}  // namespace

void put_gateway(const GatewayCounters& counters, Page& page) {
    put_answers(counters, page);
    put_value(page,
              gauge("steward_gateway_connections", "Connections that are open."),
              counters.connections);
    put_value(page,
              counter("steward_gateway_connections_opened_total", "Connections that were taken."),
              counters.connections_opened);
    put_value(page,
              counter("steward_gateway_connections_refused_total",
                      "Connections that were refused, for there were as many as may be."),
              counters.connections_refused);
    put_value(page,
              counter("steward_gateway_handshakes_failed_total", "Handshakes of TLS that failed."),
              counters.handshakes_failed);
    Family followers = gauge("steward_gateway_followers", "Who follows events, and by which door.");
    followers.add(static_cast<double>(counters.event_streams), {{"door", "events"}});
    followers.add(static_cast<double>(counters.websockets), {{"door", "websocket"}});
    page.put(std::move(followers));
    put_value(page,
              counter("steward_gateway_followers_dropped_total",
                      "Followers that were dropped, for they read too slowly."),
              counters.followers_dropped);
    put_value(page,
              gauge("steward_gateway_broker_requests", "Requests that wait for the broker."),
              counters.broker_requests);
    put_value(page,
              counter("steward_gateway_broker_timeouts_total",
                      "Requests that the broker did not answer in time."),
              counters.broker_timeouts);
    put_value(page,
              counter("steward_gateway_events_total", "Events that were heard of the broker."),
              counters.events);
}

// By the names that Prometheus's own libraries use.
void put_process(const OwnProcess& process, Page& page) {
    put_value(page,
              gauge("process_resident_memory_bytes", "Memory that the gateway's process holds."),
              process.resident_bytes);
    put_value(page,
              gauge("process_open_fds", "Descriptors that the gateway has open."),
              process.open_files);
    put_value(page,
              gauge("process_max_fds", "Descriptors that it may have open."),
              process.open_files_max);
    put_value(
        page,
        counter("process_cpu_seconds_total", "Time of a processor that the gateway has used."),
        in_seconds(process.cpu));
    put_value(
        page,
        gauge("process_start_time_seconds", "When the gateway started, in seconds since 1970."),
        in_seconds(process.started_at.time_since_epoch()));
}

}  // namespace steward::gateway
