// The gateway as a program, and the harness's own client before it.
#include "tests/e2e/harness/gateway.hpp"

#include <csignal>

#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/notify_socket.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

using nlohmann::json;

TEST_CASE("A call over HTTP, one connection for all of them") {
    Desk desk;
    desk.start_worker(kTrialProgram, "trial");
    Gateway gateway(desk.broker());
    HttpClient client = gateway.client();
    for (int i = 0; i < 3; ++i) {
        const HttpResponse answer = client.post("/v1/services/trial/calls", json::object());
        INFO(answer.body);
        CHECK(answer.status == 200);
        CHECK(answer.json().value("service", "") == "trial");
    }
    HttpRequest chunked{"POST", "/v1/services/trial/calls", {{"Content-Type", "application/json"}}};
    chunked.chunks = {"{\"par", "ts\":", "2}"};
    CHECK(client.send(chunked).status == 200);
    CHECK(client.connections() == 1);

    HttpRequest streamed{
        "POST", "/v1/services/trial/calls", {{"Content-Type", "application/json"}}};
    streamed.body = R"({"parts":2})";
    EventStream stream(gateway.port(), streamed);
    CHECK(stream.head().status == 200);
    CHECK(stream.next_named("partial").json()["value"] == 1);
    CHECK(stream.next_named("partial").json()["value"] == 2);
    CHECK(stream.next_named("result").json()["value"].value("service", "") == "trial");
    CHECK(stream.rest().empty());
    gateway.stop();
}

TEST_CASE("The gateway tells systemd that it is ready, that it lives and that it ends") {
    const Broker broker;
    NotifySocket watcher((broker.directory() / "notify").string());
    Gateway gateway(broker, {.environment = watcher.environment()});
    CHECK(watcher.hears("READY=1"));
    CHECK(watcher.hears("WATCHDOG=1"));
    gateway.process().signal(SIGTERM);
    CHECK(watcher.hears("STOPPING=1"));
    CHECK(gateway.process().wait() == 0);
}

}  // namespace steward::e2e
