// A gateway whose broker goes and comes back, and what it tells those who watch.
#include <algorithm>
#include <chrono>
#include <regex>
#include <sstream>

#include <doctest/doctest.h>

#include "tests/e2e/gateway_house.hpp"
#include "tests/e2e/harness/web_socket.hpp"

namespace steward::e2e {

namespace {

// Less than any timer would take to notice.
constexpr auto kSoon = std::chrono::seconds(10);

/// The names of the metrics in a text of exposition format; fails the test where a line has no
/// form.
std::set<std::string> metric_names(const std::string& text) {
    static const std::regex kComment(R"(^# (HELP|TYPE) [a-z_:][a-z0-9_:]* .+$)");
    static const std::regex kSample(
        R"re(^([a-z_:][a-z0-9_:]*)(\{([a-z_]+="([^"\\]|\\.)*",?)*\})? ([-+0-9.e]+|\+Inf|NaN)$)re");
    std::set<std::string> names;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || std::regex_match(line, kComment)) {
            continue;
        }
        std::smatch found;
        CHECK_MESSAGE(std::regex_match(line, found, kSample), line);
        std::string name = found[1];
        for (const std::string suffix : {"_bucket", "_sum", "_count"}) {
            if (name.ends_with(suffix) && text.find(name.substr(0, name.size() - suffix.size()) +
                                                    " histogram\n") != std::string::npos) {
                name.resize(name.size() - suffix.size());
            }
        }
        names.insert(name);
    }
    return names;
}

/// The first words of the rows of docs/monitoring.md's tables of metrics.
std::set<std::string> described_names() {
    static const std::regex kRow(R"(\| `([a-z0-9_]+)` \| (gauge|counter|histogram) \|)");
    const std::string page = read_file(std::string(STEWARD_SOURCE_DIR) + "/docs/monitoring.md");
    std::set<std::string> names;
    for (std::sregex_iterator row(page.begin(), page.end(), kRow), end; row != end; ++row) {
        names.insert((*row)[1]);
    }
    return names;
}

}  // namespace

TEST_CASE("The metrics are those of the page, and count what happened") {
    House house;
    CHECK(house.client.post("/v1/services/reverse/calls", json("abc")).status == 200);
    REQUIRE(house.client.put("/v1/limits/licence", {{"at_once", 2}, {"services", {"reverse"}}})
                .status == 200);
    house.set_mode("paused");
    house.submit("trial", json::object(), "?option.group=g");
    const std::string text = house.client.get("/metrics").body;
    const auto described = described_names();
    const auto told = metric_names(text);
    CHECK(described.size() > 50);
    for (const std::string& name : told) {
        CHECK_MESSAGE(described.contains(name), name);
    }
    for (const std::string& name : described) {
        CHECK_MESSAGE(told.contains(name), name);
    }
    const auto has_line = [&](const std::string& line) {
        return text.find("\n" + line + "\n") != std::string::npos;
    };
    CHECK(has_line("steward_broker_up 1"));
    CHECK(has_line("steward_jobs_ended_total{service=\"reverse\",outcome=\"succeeded\"} 1"));
    CHECK(has_line("steward_jobs_waiting{service=\"trial\",state=\"ready\"} 1"));
    CHECK(has_line("steward_limit_jobs_max{limit=\"licence\"} 2"));
}

TEST_CASE("A broker that goes and comes back is found again, and nothing is lost meanwhile") {
    House house;
    Broker& broker = house.desk.broker();
    house.set_mode("paused");
    const std::string job = house.submit("trial", json{{"parts", 1}}, "?follow=true");
    EventStream stream(house.gateway.port(), "/v1/jobs/" + job + "/events");
    CHECK(stream.next_named("job").json()["state"] == "ready");

    broker.kill();
    CHECK(house.gateway.reaches_readiness(503));
    const json reasons = house.client.get("/readyz").json();
    CHECK(reasons["status"] == "failing");
    CHECK_FALSE(reasons["reasons"].empty());
    CHECK(house.client.get("/healthz").status == 200);
    const HttpResponse refused = house.client.get("/v1/services");
    CHECK((refused.status == 503 || refused.status == 504));
    const HttpResponse call =
        house.client.post("/v1/services/trial/calls?timeout=200ms", json::object());
    CHECK((call.status == 503 || call.status == 504));
    CHECK(house.client.get("/metrics").body.find("\nsteward_broker_up 0\n") != std::string::npos);

    broker.start_again();
    CHECK(house.gateway.reaches_readiness(200));
    CHECK(
        wait_until([&] { return house.client.get("/v1/workers").json()["workers"].size() == 2; }));
    CHECK(house.client.get("/v1/jobs/" + job).json()["state"] == "ready");
    house.set_mode("running");
    CHECK(stream.next_named("end").json()["state"] == "succeeded");
    CHECK(house.client.post("/v1/services/reverse/calls", json("abc")).json() == "cba");
    house.gateway.stop();
}

TEST_CASE("That the broker has gone is known at once, and that it is back as soon as it greets") {
    for (const std::string streams : {"true", "false"}) {
        CAPTURE(streams);
        Broker broker({{}, "[broker]\nlocal_streams = " + streams + "\n", {}});
        const Gateway gateway(broker);
        HttpClient client = gateway.client();
        WebSocket watcher(gateway.port(), "/v1/ws");
        // The next report is not due while this test runs.
        watcher.send({{"id", 1}, {"do", "watch"}, {"what", "broker"}, {"every", "1h"}});
        const auto tells = [&](const char* what) {
            return watcher.next_where([&](const json& said) { return said.contains(what); });
        };
        CHECK(tells("report")["report"]["mode"] == "running");

        const auto killed_at = std::chrono::steady_clock::now();
        broker.kill();
        CHECK(tells("error")["error"]["name"] == "Disconnected");
        const HttpResponse probe = client.get("/readyz");
        CHECK(probe.status == 503);
        CHECK(probe.json()["reasons"] == json::array({"there is no connection with a broker"}));
        CHECK(client.get("/metrics").body.find("\nsteward_broker_up 0\n") != std::string::npos);
        CHECK(std::chrono::steady_clock::now() - killed_at < kSoon);

        broker.start_again();
        CHECK(tells("report")["report"]["mode"] == "running");
        CHECK(client.get("/readyz").status == 200);
    }
}

TEST_CASE("A probe tells what the broker says at that moment") {
    House house;
    for (const bool is_closed : {true, false, true}) {
        const char* mode = is_closed ? "disabled" : "running";
        CHECK(house.client.put("/v1/modes", {{"changes", {{{"mode", mode}}}}}).status == 200);
        CHECK(house.gateway.reaches_readiness(is_closed ? 503 : 200));
    }
}

}  // namespace steward::e2e
