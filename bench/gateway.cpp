// bench: what the gateway costs: calls over HTTP beside the same calls over the client library and
// a bare server's answers in the same round; one blocking request at a time beside many; event
// streams with many readers.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "bench/child.hpp"
#include "bench/figures.hpp"
#include "bench/leftovers.hpp"
#include "bench/running_broker.hpp"
#include "bench/series.hpp"
#include "bench/web.hpp"
#include "client/client.hpp"

namespace {

using namespace steward;
using namespace steward::bench;

constexpr std::size_t kInFlight = 64;
constexpr std::size_t kFollowers = 5'000;
constexpr std::size_t kJobsFollowed = 20;
constexpr std::size_t kEventsAJob = 6;  // from RECEIVED to EXECUTE_COMPLETE
const std::string kParams(100, 'p');

double own_cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::string request_of(std::string_view path, std::string_view body) {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

// The library as its users have it: calls with a callback, so many in flight.
void measure_library(RunningBroker& broker, std::size_t calls, Series& series) {
    std::vector<double> latencies(calls);
    std::vector<Clock::time_point> began(calls);
    const double cpu = own_cpu_seconds();
    const auto start = Clock::now();
    run_many(calls, kInFlight, [&](std::size_t i, const auto& done) {
        began[i] = Clock::now();
        broker.client().call_async("noop", nlohmann::json(kParams), {}, [&, i](const auto& answer) {
            latencies[i] = seconds_since(began[i]) * 1e6;
            done(went_well(answer));
        });
    });
    const double took = seconds_since(start);
    const auto count = static_cast<double>(calls);
    series.add("calls/s", "client library, 64 in flight", count / took);
    series.add("p99, us", "client library, 64 in flight", percentile(latencies, 0.99));
    series.add("processor time a call, us",
               "client library, with the bench's loop",
               (own_cpu_seconds() - cpu) * 1e6 / count);
}

// As HTTP has it: as many connections as calls, each with one call at a time.
void measure_library_apart(RunningBroker& broker, std::size_t calls, Series& series) {
    client::Options options;
    options.brokers = {broker.at()};
    std::vector<std::unique_ptr<client::Client>> clients;
    const auto call_often = [](client::Client& client, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            require(went_well(client.call("noop", nlohmann::json(kParams))));
        }
    };
    for (std::size_t i = 0; i < kInFlight; ++i) {
        clients.push_back(std::make_unique<client::Client>(options));
        call_often(*clients.back(), 1);
    }
    const double cpu = own_cpu_seconds();
    const auto start = Clock::now();
    {
        std::vector<std::jthread> callers;
        for (const auto& client : clients) {
            callers.emplace_back([&] { call_often(*client, calls / kInFlight); });
        }
    }
    const auto count = static_cast<double>(calls / kInFlight * kInFlight);
    const std::string name = "client library, 64 clients with a call each";
    series.add("calls/s", name, count / seconds_since(start));
    series.add("processor time a call, us", name, (own_cpu_seconds() - cpu) * 1e6 / count);
}

struct Way {
    std::string name;
    std::string request;
    WebLoadOptions load;
};

// With parameters of the same size: a body, or for those who send ahead a query, for HTTP answers
// side by side only what is safe.
std::vector<Way> ways() {
    const std::string post = request_of("/SYNC-noop", "\"" + kParams + "\"");
    const std::string get = "GET /SYNC-noop?p=" + kParams + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    return {{"64 connections", post, {kInFlight, 1}},
            {"4 connections, 16 ahead", get, {kInFlight / 16, 16}},
            {"64 connections, 16 ahead", get, {kInFlight, 16}}};
}

void measure_way(const Child& server,
                 std::uint16_t port,
                 const Way& way,
                 const std::string& who,
                 std::size_t calls,
                 Series& series) {
    const double cpu = server.cpu_seconds();
    WebLoad took = load(port, way.request, way.load, calls);
    const auto count = static_cast<double>(took.latencies_us.size());
    const std::string name = who + ", " + way.name;
    series.add("calls/s", name, count / took.seconds);
    series.add("p99, us", name, percentile(took.latencies_us, 0.99));
    series.add("processor time a call, us", name, (server.cpu_seconds() - cpu) * 1e6 / count);
}

void measure_blocking(std::uint16_t port,
                      const std::string& who,
                      std::size_t calls,
                      Series& series) {
    const WebLoad one = load(port, ways().front().request, {1, 1}, calls / 10);
    series.add("calls/s",
               who + ", one blocking request at a time",
               static_cast<double>(one.latencies_us.size()) / one.seconds);
}

void measure_http(const Child& gateway, std::uint16_t port, std::size_t calls, Series& series) {
    for (const Way& way : ways()) {
        measure_way(gateway, port, way, "HTTP", calls, series);
    }
    measure_blocking(port, "HTTP", calls, series);
}

// What this machine gives to HTTP over the loopback at all.
void measure_floor(std::size_t calls, Series& series) {
    Child echo("steward-bench-echo", {});
    const std::string line = echo.line_with("ready");
    const auto port = static_cast<std::uint16_t>(
        std::strtoul(line.substr(line.rfind(' ') + 1).c_str(), nullptr, 10));
    for (const Way& way : ways()) {
        measure_way(echo, port, way, "bare answers", calls, series);
    }
    measure_blocking(port, "bare answers", calls, series);
}

// Each reader gets each event of some jobs.
void measure_followers(RunningBroker& broker,
                       const Child& gateway,
                       std::uint16_t port,
                       Series& series) {
    const std::uint64_t memory = gateway.resident_bytes();
    std::vector<WebConnection> readers;
    readers.reserve(kFollowers);
    const int poll = ::epoll_create1(EPOLL_CLOEXEC);
    for (std::size_t i = 0; i < kFollowers; ++i) {
        readers.emplace_back(port);
        readers.back().send("GET /v1/events?service=noop HTTP/1.1\r\nHost: localhost\r\n\r\n");
        while (readers.back().text().find("\r\n\r\n") == std::string::npos) {
            require(readers.back().receive(), "an event stream is not begun");
        }
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = i;
        ::epoll_ctl(poll, EPOLL_CTL_ADD, readers.back().fd(), &event);
    }
    const std::uint64_t followed = gateway.resident_bytes();
    std::vector<std::size_t> ends(kFollowers);
    std::size_t missing = kFollowers;
    const double cpu = gateway.cpu_seconds();
    const auto start = Clock::now();
    for (std::size_t i = 0; i < kJobsFollowed; ++i) {
        require(went_well(broker.client().submit("noop", nlohmann::json(kParams))));
    }
    std::vector<epoll_event> events(1024);
    while (missing > 0) {
        const int ready = ::epoll_wait(poll, events.data(), 1024, 30'000);
        require(ready > 0, "events do not come");
        for (std::size_t i = 0; i < static_cast<std::size_t>(ready); ++i) {
            const std::size_t at = events[i].data.u64;
            std::string& text = readers[at].text();
            require(readers[at].receive(), "a reader was dropped");
            static constexpr std::string_view kEnd = "EXECUTE_COMPLETE";
            for (std::size_t found = text.find(kEnd); found != std::string::npos;
                 found = text.find(kEnd)) {
                text.erase(0, found + kEnd.size());
                if (++ends[at] == kJobsFollowed) {
                    --missing;
                }
            }
        }
    }
    ::close(poll);
    const double told = static_cast<double>(kFollowers * kJobsFollowed * kEventsAJob);
    series.add("5,000 event streams", "events told /s, all streams", told / seconds_since(start));
    series.add("5,000 event streams",
               "processor time an event and stream, us",
               (gateway.cpu_seconds() - cpu) * 1e6 / told);
    series.add("5,000 event streams",
               "memory a stream, KiB",
               static_cast<double>(followed - std::min(memory, followed)) / 1024 / kFollowers);
}

}  // namespace

int main(int argc, char** argv) {
    leftovers::remove_on_signals();
    const std::size_t rounds = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 5;
    const std::size_t calls = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 40'000;
    Series series;
    for (std::size_t round = 0; round < rounds; ++round) {
        RunningBroker broker({});
        const auto gateway = std::make_unique<Child>("steward-gateway",
                                                     std::vector<std::string>{"--broker",
                                                                              broker.at(),
                                                                              "--news",
                                                                              broker.news_at(),
                                                                              "--port",
                                                                              "0",
                                                                              "--log-level",
                                                                              "warning"});
        const std::string line = gateway->line_with("ready");
        const std::string port_text = port_after(line, "ready: ");
        const auto port = static_cast<std::uint16_t>(std::strtoul(port_text.c_str(), nullptr, 10));
        measure_library(broker, calls, series);
        measure_library_apart(broker, calls, series);
        measure_floor(calls, series);
        measure_http(*gateway, port, calls, series);
        measure_followers(broker, *gateway, port, series);
        std::fprintf(stderr, "round %zu of %zu\n", round + 1, rounds);
    }
    series.print();
    return 0;
}
