// tests/e2e: callers that go away before their answer, and those that only send no more.
#include <csignal>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "tests/e2e/harness/certificate.hpp"
#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/gateway.hpp"
#include "tests/e2e/harness/metric.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {
namespace {

const std::string kLeft = "steward_gateway_http_requests_total{code=\"499\",method=\"POST\"}";
const std::string kConnections = "steward_gateway_connections";
constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";

/// A worker of TRIAL and a gateway before its broker.
struct Street {
    explicit Street(GatewayOptions options = {}) : gateway(start(desk), std::move(options)) {}

    static Broker& start(Desk& desk) {
        desk.start_worker("steward-worker-trial", "TRIAL", {"--concurrency", "4"});
        return desk.broker();
    }

    std::string metric(const std::string& name) {
        return metric_in(client.get("/metrics").body, name);
    }

    bool reaches(const std::string& name, const std::string& value) {
        return wait_until([&] { return metric(name) == value; });
    }

    bool runs(int count) {
        return wait_until([&] { return desk.service("TRIAL")["active"] == count; });
    }

    Desk desk{{}, kLongGrace};
    Gateway gateway;
    HttpClient client = gateway.client();
};

std::string call(const std::string& seconds, const std::string& version = "1.1") {
    const std::string params = "{\"seconds\":" + seconds + "}";
    return "POST /v1/services/TRIAL/calls HTTP/" + version +
           "\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(params.size()) + "\r\n\r\n" + params;
}

TEST_CASE("a caller that leaves is forgotten while its call goes on") {
    Street street;
    auto caller = std::make_unique<TcpStream>(street.gateway.port());
    caller->send(call("600"));
    REQUIRE(street.runs(1));
    CHECK(street.reaches(kConnections, "2"));
    caller.reset();
    CHECK(street.reaches(kConnections, "1"));
    CHECK(street.desk.service("TRIAL")["active"] == 1);
    const std::string job =
        street.client.get("/v1/jobs?service=TRIAL&state=active").json()["jobs"][0]["jobid"];
    CHECK(street.client.remove("/v1/jobs/" + job).status == 200);
    CHECK(street.reaches(kLeft, "1"));
}

TEST_CASE("a caller that sends no more and reads on gets its answer") {
    Street street;

    struct Case {
        std::string version;
        std::string seconds;
        bool may_be_asked;  // whether it is there
        bool has_to_be;
    };

    // The long ones are longer than callers go unasked, and so is a quick one where all is slow.
    for (const Case& one : {Case{"1.1", "0", true, false},
                            Case{"1.1", "3", true, true},
                            Case{"1.0", "3", false, false}}) {
        CAPTURE(one.version);
        CAPTURE(one.seconds);
        TcpStream caller(street.gateway.port());
        caller.send(call(one.seconds, one.version));
        caller.finish();
        std::string said = caller.read_all();
        const bool was_asked = said.starts_with(kGoOn);
        said.erase(0, was_asked ? kGoOn.size() : 0);
        CHECK((was_asked ? one.may_be_asked : !one.has_to_be));
        CHECK(said.starts_with("HTTP/" + one.version + " 200 OK\r\n"));
        CHECK(said.ends_with("}"));
    }
    TcpStream many(street.gateway.port());
    many.send(call("1.2") + call("0") + call("1.2"));
    many.finish();
    const std::string said = many.read_all();
    std::size_t answers = 0;
    for (std::size_t at = 0; (at = said.find(" 200 OK\r\n", at + 1)) != std::string::npos;) {
        ++answers;
    }
    CHECK(answers == 3);
    CHECK(street.reaches(kConnections, "1"));
    CHECK(street.metric(kLeft).empty());
}

TEST_CASE("a caller over TLS that leaves is forgotten too, one that sends no more is answered") {
    Desk desk({}, kLongGrace);
    Street::start(desk);
    SecureGateway gateway(desk.broker());
    const auto command = [&](std::vector<std::string> args) {
        args.insert(args.begin(), {"-s", "--cacert", gateway.certificate.file});
        return CommandLine{"/usr/bin/curl", std::move(args), {}, {}};
    };
    const auto curl = [&](std::vector<std::string> args) { return run(command(std::move(args))); };
    const auto metric = [&](const std::string& name) {
        return metric_in(curl({gateway.url + "/metrics"}).out, name);
    };
    REQUIRE(wait_until([&] { return curl({"-f", gateway.url + "/readyz"}).code == 0; }));

    const std::string path = gateway.url + "/v1/services/TRIAL/calls";
    Process caller(command({path, "--json", R"({"seconds":600})"}));
    REQUIRE(wait_until([&] { return desk.service("TRIAL")["active"] == 1; }));
    caller.kill();
    CHECK(wait_until([&] { return metric(kConnections) == "1"; }));
    CHECK(desk.service("TRIAL")["active"] == 1);
    const auto jobs = nlohmann::json::parse(curl({gateway.url + "/v1/jobs?state=active"}).out);
    const std::string job = jobs["jobs"][0]["jobid"];
    CHECK(curl({"-f", "-X", "DELETE", gateway.url + "/v1/jobs/" + job}).code == 0);
    CHECK(wait_until([&] { return metric(kLeft) == "1"; }));

    CHECK(curl({"-f", path, "--json", R"({"seconds":1.2})"}).code == 0);
    gateway.process.signal(SIGTERM);
    CHECK(gateway.process.wait() == 0);
}

TEST_CASE("a reader of events that sends no more hears on; one that leaves is forgotten") {
    Street street;
    const std::string streams = "steward_gateway_followers{door=\"events\"}";
    auto reader = std::make_unique<TcpStream>(street.gateway.port());
    reader->send("GET /v1/events?service=TRIAL HTTP/1.1\r\nHost: localhost\r\n\r\n");
    reader->finish();
    CHECK(reader->read_until(": still here\n\n").has_value());
    // What happens before the broker has been told that somebody listens is nobody's news.
    const auto hears_an_end = [&] {
        street.client.post("/TRIAL", nlohmann::json::object());
        while (reader->is_readable(100ms)) {
            if (reader->read_until("\n").value_or("").find("EXECUTE_COMPLETE") !=
                std::string::npos) {
                return true;
            }
        }
        return false;
    };
    CHECK(wait_until(hears_an_end));
    CHECK(street.metric(streams) == "1");
    reader.reset();
    auto other = std::make_unique<TcpStream>(street.gateway.port());
    other->send("GET /v1/events?service=NONE HTTP/1.1\r\nHost: localhost\r\n\r\n");
    REQUIRE(street.reaches(streams, "2"));
    other.reset();
    CHECK(street.reaches(streams, "1"));
    street.client.post("/TRIAL", nlohmann::json::object());
    CHECK(street.reaches(streams, "0"));
}

}  // namespace
}  // namespace steward::e2e
