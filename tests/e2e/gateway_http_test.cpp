// tests/e2e: the edges of HTTP, before a real gateway: what comes in pieces, too slowly, too large,
// too often or as something else.
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <vector>

#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/gateway.hpp"
#include "tests/e2e/harness/metric.hpp"
#include "tests/e2e/harness/sanitized.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {
namespace {

using namespace std::chrono_literals;

const std::string kGet = "GET /v1/session HTTP/1.1\r\nHost: localhost\r\n\r\n";

// Sends bytes that are no proper request; the answer's status, 0 when there is none.
int status_of(int port, std::string_view bytes) {
    TcpStream stream(port);
    stream.send(bytes);
    const auto line = stream.read_until("\r\n");
    return line && line->starts_with("HTTP/1.") ? std::stoi(line->substr(9, 3)) : 0;
}

// Whether the other end closes within the patience, without a word or with one.
bool closes(TcpStream& stream) {
    return stream.is_readable(kPatience) && (static_cast<void>(stream.read_all()), true);
}

void lift_descriptor_limit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::size_t connections_possible() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const std::size_t wanted = kIsSanitized ? 2'000 : 10'000;
    return std::min<std::size_t>(wanted, limit.rlim_cur > 500 ? limit.rlim_cur - 500 : 0);
}

std::string metric(HttpClient& client, const std::string& name) {
    return metric_in(client.get("/metrics").body, name);
}

TEST_CASE("requests that are sent ahead are answered in their order, one connection for all") {
    Broker broker;
    const Gateway gateway(broker);
    HttpClient client = gateway.client();
    std::string ahead;
    for (const char* path : {"/healthz", "/v1/nothing", "/v1/broker", "/readyz"}) {
        ahead += std::string("GET ") + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    }
    REQUIRE(client.send_raw(ahead));
    CHECK(client.read_response().status == 200);
    CHECK(client.read_response().status == 404);
    CHECK(client.read_response().json().contains("uptime"));
    CHECK(client.read_response().status == 200);
    CHECK(client.connections() == 1);
}

// The jobs of TRIAL that run, once there are `count` and none of them is `not_this`.
std::vector<std::string> running(HttpClient& client,
                                 std::size_t count,
                                 const std::string& not_this = {}) {
    std::vector<std::string> ids;
    const bool is_there = wait_until([&] {
        ids.clear();
        const nlohmann::json page = client.get("/v1/jobs?service=TRIAL&state=active").json();
        for (const auto& row : page.at("jobs")) {
            ids.push_back(row.at("jobid"));
        }
        return ids.size() == count && std::ranges::find(ids, not_this) == ids.end();
    });
    REQUIRE(is_there);
    std::ranges::sort(ids);  // in the order in which they came
    return ids;
}

std::string call_named(const std::string& id, const std::string& method) {
    const std::string params = R"({"seconds":600})";
    return method + " /SYNC-TRIAL HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: " + id +
           "\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(params.size()) + "\r\n\r\n" + params;
}

// The name of the call that is answered next.
std::string answered(TcpStream& stream) {
    const std::string head = stream.read_until("\r\n\r\n").value_or("");
    CHECK(has(head, " 502 "));
    CHECK(has(stream.read_until("\n").value_or(""), "JobCancelled"));
    static constexpr std::string_view kName = "X-Request-Id: ";
    const std::size_t at = head.find(kName) + kName.size();
    return head.substr(at, head.find('\r', at) - at);
}

TEST_CASE("safe requests that are sent ahead run side by side, their answers keep their order") {
    Desk desk({}, kLongGrace);
    desk.start_worker("steward-worker-trial", "TRIAL", {"--concurrency", "4"});
    const Gateway gateway(desk.broker());
    HttpClient client = gateway.client();
    TcpStream ahead(gateway.port());
    REQUIRE(ahead.send(call_named("one", "GET") + call_named("two", "GET") +
                       call_named("three", "POST") + call_named("four", "GET")));
    const std::vector<std::string> first = running(client, 2);
    const auto cancel = [&](const std::string& job) {
        CHECK(client.remove("/v1/jobs/" + job).status == 200);
    };

    cancel(first[1]);
    CHECK(running(client, 1, first[1]).front() == first[0]);
    CHECK_FALSE(ahead.is_readable(0ms));
    cancel(first[0]);
    CHECK(answered(ahead) == "one");
    CHECK(answered(ahead) == "two");

    // What changes something is alone: the one behind it waits for its end.
    const std::string third = running(client, 1, first[0]).front();
    cancel(third);
    CHECK(answered(ahead) == "three");
    cancel(running(client, 1, third).front());
    CHECK(answered(ahead) == "four");
}

TEST_CASE("a refusal comes behind the answers to what was sent before it") {
    Broker broker;
    const Gateway gateway(broker);
    TcpStream stream(gateway.port());
    REQUIRE(stream.send("GET /v1/broker HTTP/1.1\r\nHost: localhost\r\n\r\nHELLO\r\n\r\n"));
    const std::string all = stream.read_all();
    CHECK(all.starts_with("HTTP/1.1 200 "));
    CHECK(all.find("HTTP/1.1 400 ") > all.find("uptime"));
    CHECK(has(all, "HTTP/1.1 400 "));
}

TEST_CASE("what is no HTTP, or not quite, is told so and nobody else minds") {
    Broker broker;
    const Gateway gateway(broker);
    const int port = gateway.port();
    CHECK(status_of(port, std::string(64, '\0')) == 400);
    CHECK(status_of(port, "HELLO\r\n\r\n") == 400);
    CHECK(status_of(port, "GET / HTTP/1.1\r\n\r\n") == 400);
    CHECK(status_of(port, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n") == 400);
    CHECK(status_of(port, "GET nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n") == 400);
    CHECK(status_of(port, "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n") == 400);
    CHECK(status_of(port, "GET /v1/jobs?service=%ff HTTP/1.1\r\nHost: localhost\r\n\r\n") == 400);
    CHECK(status_of(port,
                    "POST /X HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "no size\r\n") == 400);
    CHECK(status_of(port,
                    "POST /X HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n") == 400);
    CHECK(status_of(port, "GET / HTTP/1.1\r\nHost: localhost\r\nExpect: a miracle\r\n\r\n") == 417);
    CHECK(status_of(port,
                    "POST /X HTTP/1.1\r\nHost: localhost\r\n"
                    "Transfer-Encoding: gzip, chunked\r\n\r\n") == 501);
    CHECK(status_of(port,
                    "POST /X HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n"
                    "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n") == 501);
    CHECK(status_of(port, "GET / HTTP/2.0\r\nHost: localhost\r\n\r\n") == 505);
    CHECK(status_of(port, "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n") == 204);
    CHECK(status_of(port, "GET * HTTP/1.1\r\nHost: localhost\r\n\r\n") == 400);
    CHECK(status_of(port, "BREW /pot HTTP/1.1\r\nHost: localhost\r\n\r\n") == 405);
    CHECK(gateway.client().get("/healthz").status == 200);
}

TEST_CASE("empty lines before a request are passed over, however they come") {
    Broker broker;
    const Gateway gateway(broker);
    CHECK(status_of(gateway.port(), "\r\n\r\n" + kGet) == 200);
    HttpClient client = gateway.client();
    REQUIRE(client.send_raw(kGet + "\r\n" + kGet + "\r"));
    CHECK(client.read_response().status == 200);
    CHECK(client.read_response().status == 200);
    REQUIRE(client.send_raw("\n" + kGet));
    CHECK(client.read_response().status == 200);
    CHECK(client.connections() == 1);
}

TEST_CASE("a head or a body past its limit is refused, at the limit it is not") {
    Broker broker;
    const Gateway gateway(broker,
                          {.config = "header_bytes_max = \"1KiB\"\n"
                                     "body_bytes_max = \"1KiB\"\n"});
    const int port = gateway.port();
    const std::string wide = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ";
    const std::size_t rest = 1'024 - wide.size() - 4;
    CHECK(status_of(port, wide + std::string(rest, 'x') + "\r\n\r\n") == 200);
    CHECK(status_of(port, wide + std::string(rest + 64, 'x') + "\r\n\r\n") == 431);

    HttpClient client = gateway.client();
    CHECK(client.post("/NOBODY", std::string(1'024, 'x'), "text/plain").status == 404);
    const HttpResponse large = client.post("/NOBODY", std::string(1'025, 'x'), "text/plain");
    CHECK(large.status == 413);
    CHECK(has(large.body, "gateway.body_bytes_max"));
    HttpRequest chunked{"POST", "/NOBODY", {{"Content-Type", "text/plain"}}};
    chunked.chunks = std::vector<std::string>(20, std::string(100, 'x'));
    CHECK(gateway.client().send(chunked).status == 413);
    CHECK(status_of(port,
                    "POST /X HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5;" +
                        std::string(2'048, 'x')) == 431);
}

TEST_CASE("bodies that do not end have bodies_bytes_max together, and small ones are let in") {
    Broker broker({{}, "[[service]]\nname = \"nobody\"\n", {}});
    const Gateway gateway(broker, {.config = "bodies_bytes_max = \"8MiB\"\n"});
    HttpClient client = gateway.client();
    CHECK(client.get("/healthz").status == 200);
    const std::string head =
        "POST /v1/services/nobody/jobs HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: application/octet-stream\r\nContent-Length: 33554432\r\n\r\n";
    const std::string some(3UL << 20U, 'x');
    std::vector<std::unique_ptr<TcpStream>> streams;
    const auto begin = [&] {
        streams.push_back(std::make_unique<TcpStream>(gateway.port()));
        streams.back()->send(head);
        streams.back()->send(some);
    };
    for (int i = 0; i < 8; ++i) {
        begin();
    }
    // Two may go on, six are told.
    const auto told = [&] {
        return std::ranges::count_if(streams,
                                     [](const auto& stream) { return stream->is_readable(0ms); });
    };
    CHECK(wait_until([&] { return told() == 6; }));
    for (const auto& stream : streams) {
        if (stream->is_readable(0ms)) {
            const std::string answer = stream->read_all();
            CHECK(has(answer, "HTTP/1.1 503"));
            CHECK(has(answer, "gateway.bodies_bytes_max"));
        }
    }
    CHECK(client.post("/v1/services/nobody/jobs", std::string(1000, ' ') + "1").status == 202);
    // Who leaves makes room.
    streams.clear();
    CHECK(wait_until(
        [&] { return client.post("/v1/services/nobody/jobs", '"' + some + '"').status == 202; }));
}

TEST_CASE("who asks to go on first is told to, and who only wants the head gets no body") {
    Broker broker;
    const Gateway gateway(broker);
    TcpStream stream(gateway.port());
    REQUIRE(
        stream.send("POST /NOBODY HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
                    "Content-Type: application/json\r\nExpect: 100-continue\r\n\r\n"));
    CHECK(stream.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue");
    REQUIRE(stream.send("{}"));
    CHECK(stream.read_until("\r\n")->starts_with("HTTP/1.1 404"));

    HttpClient client = gateway.client();
    const HttpResponse whole = client.get("/v1/session");
    const HttpResponse head = client.send({"HEAD", "/v1/session"});
    CHECK(head.status == 200);
    CHECK(head.body.empty());
    CHECK(head.header("Content-Length") == whole.header("Content-Length"));
    CHECK(client.get("/healthz").status == 200);
    CHECK(client.connections() == 1);
}

TEST_CASE("a request that comes too slowly is cut off, and so is a connection that only waits") {
    Broker broker;
    const Gateway gateway(broker,
                          {.config = "header_timeout = \"200ms\"\n"
                                     "body_timeout = \"200ms\"\n"
                                     "idle_timeout = \"300ms\"\n"});
    TcpStream idle(gateway.port());
    TcpStream slow_head(gateway.port());
    TcpStream slow_body(gateway.port());
    slow_head.send("GET / HTTP/1.1\r\nHost: lo");
    slow_body.send("POST /X HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nabc");
    CHECK(closes(slow_head));
    CHECK(closes(slow_body));
    CHECK(closes(idle));
}

TEST_CASE("thousands of connections that say nothing are carried, one past the limit is told") {
    lift_descriptor_limit();
    const std::size_t count = connections_possible();
    Broker broker;
    const Gateway gateway(broker,
                          {.config = "connections_max = " + std::to_string(count + 1) + "\n"});
    HttpClient client = gateway.client();
    REQUIRE(client.get("/healthz").status == 200);
    std::vector<std::unique_ptr<TcpStream>> idle;
    for (std::size_t i = 0; i < count; ++i) {
        idle.push_back(std::make_unique<TcpStream>(gateway.port()));
    }
    // Accepting goes on beside answering: the count tells when all are there.
    CHECK(wait_until([&] {
        return metric(client, "steward_gateway_connections") == std::to_string(count + 1);
    }));
    CHECK(status_of(gateway.port(), kGet) == 503);
    CHECK(client.get("/v1/broker").status == 200);
    idle.clear();
    CHECK(wait_until([&] { return metric(client, "steward_gateway_connections") == "1"; }));
}

TEST_CASE("a reader of events who is too slow is told so and dropped; others hear all") {
    Desk desk;
    desk.start_worker("steward-worker-log", "LOG");
    const Gateway gateway(desk.broker(), {.config = "send_queue_bytes_max = \"64KiB\"\n"});
    HttpClient client = gateway.client();
    EventStream slow(gateway.port(), "/v1/events?service=LOG");
    const std::string params(100'000, 'p');
    // Until what the sockets hold by themselves is full as well.
    const bool is_dropped = wait_until([&] {
        for (int i = 0; i < 20; ++i) {
            client.post("/LOG", nlohmann::json(params));
        }
        return metric(client, "steward_gateway_followers_dropped_total") == "1";
    });
    CHECK(is_dropped);
    const std::vector<ServerEvent> heard = slow.rest();
    REQUIRE_FALSE(heard.empty());
    CHECK(heard.back().name == "overrun");
}

TEST_CASE("a call that takes long holds up nobody") {
    Desk desk;
    desk.start_worker("steward-worker-trial", "TRIAL", {"--concurrency", "4"});
    const Gateway gateway(desk.broker());
    TcpStream slow(gateway.port());
    slow.send(
        "POST /SYNC-TRIAL HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Content-Length: 15\r\n\r\n{\"seconds\":600}");
    REQUIRE(wait_until([&] { return desk.service("TRIAL")["active"] == 1; }));
    CHECK(gateway.client().post("/SYNC-TRIAL", nlohmann::json::object()).status == 200);
    CHECK_FALSE(slow.is_readable(0ms));
}

}  // namespace
}  // namespace steward::e2e
