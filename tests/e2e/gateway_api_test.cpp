// The whole of /v1, walked with a real broker and workers; each answer is held against the document
// that the gateway serves of itself.
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/e2e/gateway_house.hpp"

namespace steward::e2e {

using nlohmann::json;

TEST_CASE("Every operation of the document is answered as the document says") {
    House house;
    CheckedClient& client = house.client;

    CHECK(client.get("/v1/openapi.json").json()["openapi"] == "3.1.0");
    CHECK(client.get("/").content_type() == "text/html");
    const std::string page = client.get("/").body;
    const std::size_t asset = page.find("/ui/");
    REQUIRE(asset != std::string::npos);
    CHECK(client.get(page.substr(asset, page.find('"', asset) - asset)).status == 200);
    CHECK(client.get("/metrics").content_type() == "text/plain");
    CHECK(client.get("/healthz").json()["status"] == "ok");
    CHECK(client.get("/readyz").json()["status"] == "ok");
    CHECK(client.get("/v1/ws").status == 426);
    CHECK(client.get("/v1/session").json()["roles"] == json{"read", "submit", "operate"});
    CHECK(client.send({"POST", "/v1/session"}).status == 204);
    CHECK(client.remove("/v1/session").status == 204);

    const HttpResponse called = client.post("/v1/services/reverse/calls", json("abc"));
    CHECK(called.json() == "cba");
    CHECK(client.get("/v1/jobs/" + called.header("Steward-Job")).json()["state"] == "succeeded");

    const std::string job = house.submit("trial", json{{"parts", 2}}, "?follow=true");
    CHECK(client.get("/v1/jobs/" + job + "/result?wait=20s").json()["service"] == "trial");
    const auto told = client.events("/v1/jobs/" + job + "/events");
    CHECK(told.front().name == "job");
    CHECK(told.back().name == "end");
    CHECK(client.get("/v1/jobs/" + job + "/why").json()["reasons"].is_array());
    EventStream all(house.gateway.port(), "/v1/events?service=trial&event=RECEIVED");
    const std::string late = house.submit("trial", json{{"seconds", 0}}, "?option.delay=1h");
    const HttpRequest events{"GET", "/v1/events"};
    const ServerEvent received = all.next_named("event");
    CHECK(house.document.fault_of(events, all.head()) == "");
    CHECK(house.document.fault_of(events, received) == "");
    CHECK(received.json()["job"] == late);
    CHECK(received.json()["event"] == "RECEIVED");

    CHECK(changed(client.patch("/v1/jobs/" + late, {{"priority", "high"}, {"delay", "2h"}})) == 1);
    const json edited = client.get("/v1/jobs/" + late).json();
    CHECK(edited["priority"] == 4096);
    CHECK(edited["state"] == "scheduled");
    CHECK(changed(client.remove("/v1/jobs/" + late)) == 1);
    CHECK(client.get("/v1/jobs/" + late).json()["state"] == "cancelled");

    const auto dead = house.dead_jobs(2);
    CHECK(changed(client.send({"POST", "/v1/jobs/" + dead[0] + "/discard"})) == 1);
    CHECK(changed(client.send({"POST", "/v1/jobs/" + dead[1] + "/retry"})) == 1);
    CHECK(house.reaches(dead[1], "dead"));
    CHECK(client.get("/v1/jobs?state=dead,failed&service=trial").json()["jobs"].size() == 1);

    CHECK(client.get("/v1/services?service=trial").json()["services"].size() == 1);
    CHECK(client.get("/v1/services").json()["services"].size() == 2);
    CHECK(client.get("/v1/services/trial").json()["workers"] == 1);
    CHECK(client.get("/v1/workers").json()["workers"].size() == 2);
    CHECK(client.get("/v1/broker").json()["workers"] == 2);

    CHECK(changed(client.put("/v1/modes",
                             {{"changes",
                               {{{"service", "trial"}, {"mode", "paused"}},
                                {{"service", "reverse"}, {"mode", "paused"}}}}})) == 2);
    house.submit("trial", json::object(), "?option.group=g&option.group_limit=3");
    CHECK(client.get("/v1/services/trial").json()["mode"] == "paused");
    CHECK(changed(client.put("/v1/groups/g", {{"weight", 3}, {"rate", "5/s"}})) == 1);
    CHECK(client.get("/v1/groups").json()["groups"][0]["weight"] == 3);
    CHECK(changed(client.send({"POST", "/v1/services/trial/purge"})) == 1);
    CHECK(changed(client.put("/v1/services/reverse/mode", {{"mode", "running"}})) == 1);
    house.set_mode("running");

    CHECK(changed(client.put("/v1/limits/licence",
                             {{"at_once", 2}, {"services", {"trial", "reverse"}}})) == 1);
    CHECK(client.get("/v1/limits").json()["limits"][0]["limit"] == "licence");
    CHECK(changed(client.remove("/v1/limits/licence")) == 1);
    CHECK(client.get("/v1/limits").json()["limits"].empty());

    CHECK(changed(client.put("/v1/schedules/nightly",
                             {{"expression", "0 3 * * *"},
                              {"zone", "Europe/Berlin"},
                              {"service", "trial"},
                              {"params", {{"seconds", 0}}},
                              {"options", {{"priority", "low"}}}})) == 1);
    CHECK(client.get("/v1/schedules").json()["schedules"][0]["zone"] == "Europe/Berlin");
    CHECK(changed(client.remove("/v1/schedules/nightly")) == 1);

    const HttpResponse opened =
        client.post("/v1/batches", json{{"then", {{"service", "reverse"}, {"params", "abc"}}}});
    CHECK(opened.status == 201);
    const std::string batch = opened.json()["batch"];
    house.submit("trial", json::object(), "?option.batch=" + batch);
    CHECK(changed(client.send({"POST", "/v1/batches/" + batch + "/close"})) == 1);
    CHECK(wait_until(
        [&] { return client.get("/v1/batches").json()["batches"][0]["ended"] == true; }));

    house.set_mode("paused");
    const std::string first = house.submit("trial", json::object(), "?option.context=c");
    house.submit("trial", json::object(), "?option.context=c");
    CHECK(changed(client.post("/v1/jobs/cancel", json{{"context", "c"}})) == 2);
    CHECK(client.get("/v1/jobs/" + first).json()["state"] == "cancelled");
    house.set_mode("running");
    const auto more = house.dead_jobs(1);
    CHECK(changed(client.post("/v1/jobs/retry", json{{"jobs", {more[0], dead[1]}}})) == 2);
    CHECK(house.reaches(more[0], "dead"));
    CHECK(house.reaches(dead[1], "dead"));
    CHECK(changed(client.post("/v1/jobs/discard", json{{"service", "trial"}})) == 2);

    CHECK(client.get("/SYNC-reverse?str=abc").json()["result"] == "cba");
    CHECK(client.get("/reverse?str=abc").status == 202);
    CHECK(client.post("/SYNC-reverse", json{{"str", "abc"}}).json()["result"] == "cba");
    CHECK(client.post("/reverse", json{{"str", "abc"}}).status == 202);
    for (const char* report : {"JOBS", "ACTIVE", "HIST", "WORKERS"}) {
        CHECK(client.get(std::string("/SERVER-") + report).json().is_array());
    }
    CHECK(client.get("/SERVER-STATUS").json()["workers"] == 2);
    CHECK(client.send({"POST", "/SERVER-STATUS"}).status == 200);

    auto missing = house.document.operations();
    for (const std::string& operation : client.walked()) {
        missing.erase(operation);
    }
    CHECK(missing == std::set<std::string>{"get /v1/events", "get /v1/ws"});
}

TEST_CASE("A result in time is the answer, else the job's place is") {
    House house;
    CheckedClient& client = house.client;
    const HttpResponse in_time = client.post("/v1/services/reverse/jobs?wait=20s", json("abc"));
    CHECK(in_time.status == 200);
    CHECK(in_time.json() == "cba");
    CHECK(in_time.header("Location") == "/v1/jobs/" + in_time.header("Steward-Job"));

    house.set_mode("paused");
    const HttpResponse late =
        client.post("/v1/services/trial/jobs?wait=10ms", json{{"seconds", 0.3}});
    CHECK(late.status == 202);
    const std::string place = late.header("Location");
    CHECK(client.get(place + "/result").status == 202);
    house.set_mode("running");
    CHECK(client.get(place + "/result?wait=20s").json()["service"] == "trial");
    CHECK(client.get(place).json()["state"] == "succeeded");

    const HttpResponse failed =
        client.post("/v1/services/trial/jobs?wait=20s&option.max_attempts=1",
                    json{{"outcome", "fail"}, {"why", "no luck"}});
    CHECK(failed.status == 502);
    CHECK(failed.json()["detail"].get<std::string>().find("no luck") != std::string::npos);
    CHECK(failed.has_header("Steward-Job"));
    CHECK(client.get("/v1/jobs/" + failed.header("Steward-Job") + "/result").status == 502);
}

TEST_CASE("JSON lines are many jobs in one request, each with its own answer") {
    House house;
    const std::string lines =
        "{\"params\":\"abc\"}\n\r\n{\"params\":\"x\",\"options\":{\"delay\":\"1h\",\"context\":"
        "\"c\"}}\r\n"
        "{\"parms\":1}\n{\"options\":{\"nonsense\":1}}\nno json\n{}";
    const HttpResponse answer =
        house.client.post("/v1/services/reverse/jobs", lines, "application/x-ndjson");
    CHECK(answer.status == 200);
    CHECK(answer.content_type() == "application/x-ndjson");
    const auto rows = answer.json_lines();
    REQUIRE(rows.size() == 6);
    CHECK(house.client.get("/v1/jobs/" + rows[0]["job"].get<std::string>() + "/result?wait=20s")
              .json() == "cba");
    const json late = house.client.get("/v1/jobs/" + rows[1]["job"].get<std::string>()).json();
    CHECK(late["state"] == "scheduled");
    CHECK(late["context"] == "c");
    CHECK(rows[2]["error"]["name"] == "BadParams");
    CHECK(rows[3]["error"]["name"] == "UnknownOption");
    CHECK(rows[4]["error"]["name"] == "BadParams");
    CHECK(rows[5].contains("job"));
    CHECK(house.client.post("/v1/services/reverse/jobs", "\n", "application/x-ndjson").status ==
          400);
}

TEST_CASE("A request that comes twice with its key makes one job") {
    House house;
    const auto ask =
        [&](const std::string& key, const std::string& body, const std::string& query = {}) {
            return house.client.post("/v1/services/trial/jobs" + query,
                                     body,
                                     "application/json",
                                     {{"Idempotency-Key", key}});
        };
    const HttpResponse first = ask("order-7", "{}");
    const HttpResponse again = ask("order-7", "{}");
    CHECK(first.status == 202);
    CHECK(again.status == 202);
    CHECK(again.json()["job"] == first.json()["job"]);
    CHECK(again.json()["duplicate"] == true);
    CHECK(again.header("Idempotent-Replayed") == "true");
    CHECK(ask("order-7", R"({"seconds":0})").status == 422);
    CHECK(ask("order 8", "{}").status == 400);
    CHECK(ask(std::string(201, 'k'), "{}").status == 400);

    const HttpResponse waited = ask("order-9", "{}", "?wait=20s");
    CHECK(waited.status == 200);
    const HttpResponse waited_again = ask("order-9", "{}", "?wait=20s");
    CHECK(waited_again.status == 200);
    CHECK(waited_again.body == waited.body);
    CHECK(waited_again.header("Steward-Job") == waited.header("Steward-Job"));

    // The first is still on its way: the broker answers when the job has ended.
    house.set_mode("paused");
    HttpClient slow = house.gateway.client();
    CHECK(
        slow.send_raw("POST /v1/services/trial/jobs?wait=20s HTTP/1.1\r\nHost: localhost\r\n"
                      "Idempotency-Key: order-10\r\nContent-Type: application/json\r\n"
                      "Content-Length: 15\r\n\r\n{\"seconds\":0.5}"));
    CHECK(wait_until([&] { return house.client.get("/v1/services/trial").json()["ready"] == 1; }));
    const HttpResponse early = ask("order-10", R"({"seconds":0.5})", "?wait=20s");
    CHECK(early.status == 409);
    CHECK(early.has_header("Retry-After"));
    house.set_mode("running");
    CHECK(slow.read_response().status == 200);
}

TEST_CASE("Bytes of any type go in and come out as they are") {
    House house;
    std::string bytes;
    // The worker keeps the bytes of a character together; those that begin none are left out.
    for (int i = 0; bytes.size() < 70'000; ++i) {
        if ((i & 0xC0) != 0x80) {
            bytes += static_cast<char>(i);
        }
    }
    const std::string backwards(bytes.rbegin(), bytes.rend());
    const HttpResponse opaque =
        house.client.post("/v1/services/reverse/calls", bytes, "application/octet-stream");
    CHECK(opaque.content_type() == "application/octet-stream");
    CHECK(opaque.body == backwards);
    const HttpResponse image = house.client.post(
        "/v1/services/reverse/calls", bytes, "image/png", {{"Accept", "image/png"}});
    CHECK(image.content_type() == "image/png");
    CHECK(image.body == backwards);
    const HttpResponse packed = house.client.post("/v1/services/reverse/calls",
                                                  "\xA3"
                                                  "abc",
                                                  "application/msgpack");
    CHECK(packed.content_type() == "application/vnd.msgpack");
    CHECK(packed.body ==
          "\xA3"
          "cba");
    const HttpResponse text = house.client.post("/v1/services/reverse/calls", "abc", "text/plain");
    CHECK(text.content_type() == "application/octet-stream");
    CHECK(text.body == "cba");
    // What the type was goes along, with the request's id and its trace.
    const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const HttpResponse traced =
        house.client.post("/v1/services/trial/calls",
                          "{}",
                          "application/json",
                          {{"X-Request-Id", "mine-1"}, {"traceparent", trace}});
    CHECK(traced.header("X-Request-Id") == "mine-1");
    CHECK(traced.json()["meta"] == json{{"request-id", "mine-1"}, {"traceparent", trace}});
}

TEST_CASE("Lists go on page by page") {
    House house;
    house.set_mode("paused");
    std::set<std::string> submitted;
    for (int i = 0; i < 7; ++i) {
        submitted.insert(house.submit("trial", json::object()));
    }
    std::set<std::string> listed;
    std::string after;
    int pages = 0;
    do {
        const json page = house.client.get("/v1/jobs?limit=3&service=trial" + after).json();
        CHECK(page["jobs"].size() <= 3);
        for (const json& row : page["jobs"]) {
            CHECK(listed.insert(row["jobid"].get<std::string>()).second);
        }
        after = page.contains("next") ? "&after=" + page["next"].get<std::string>() : "";
        ++pages;
    } while (!after.empty() && pages < 20);
    CHECK(listed == submitted);
    CHECK(pages >= 3);
    CHECK(changed(house.client.post("/v1/jobs/cancel", json{{"service", "trial"}})) == 7);
}

TEST_CASE("A stream of events goes on where it was left") {
    House house;
    // News may need a moment to be heard by the broker; then nothing is missed.
    REQUIRE(wait_until([&] {
        const std::string early = house.submit("trial", json::object(), "?follow=true");
        const auto told = house.client.events("/v1/jobs/" + early + "/events");
        return std::ranges::any_of(told, [](const ServerEvent& event) {
            return event.name == "event" && event.json()["event"] == "RECEIVED";
        });
    }));
    house.set_mode("paused");
    const std::string job = house.submit("trial", json{{"parts", 3}}, "?follow=true");
    const std::string path = "/v1/jobs/" + job + "/events";
    std::string last;
    {
        EventStream stream(house.gateway.port(), path);
        house.set_mode("running");
        CHECK(stream.next_named("partial").json()["value"] == 1);
        last = stream.next_named("partial").id;
    }
    REQUIRE_FALSE(last.empty());
    CHECK(house.reaches(job, "succeeded"));
    const auto rest = house.client.events({"GET", path, {{"Last-Event-ID", last}}});
    std::vector<json> values;
    for (const ServerEvent& event : rest) {
        CHECK(event.name != "missed");
        if (event.name == "partial") {
            values.push_back(event.json()["value"]);
        }
    }
    CHECK(values == std::vector<json>{3});
    CHECK(rest.back().name == "end");
    CHECK(rest.back().json()["state"] == "succeeded");
    CHECK(rest.back().json()["result"]["service"] == "trial");

    // Of a job that nobody followed, from before the gateway's start: it says that it cannot know.
    const std::string other = house.submit("reverse", "abc");
    REQUIRE(house.reaches(other, "succeeded"));
    EventStream old(
        house.gateway.port(), "/v1/jobs/" + other + "/events", {{"Last-Event-ID", "1"}});
    CHECK(old.next_named("missed").data == "{}");
    CHECK(house.client.get("/v1/events", {{"Last-Event-ID", "x"}}).status == 400);
    CHECK(house.client.get("/v1/events?event=NONSENSE").status == 400);
    CHECK(house.client.send({"HEAD", path}).content_type() == "text/event-stream");
}

TEST_CASE("A call can tell its parts as a stream") {
    House house;
    HttpRequest request{"POST", "/v1/services/trial/calls", {{"Content-Type", "application/json"}}};
    request.body = R"({"parts":2})";
    auto told = house.client.events(request);
    REQUIRE_FALSE(told.empty());
    CHECK(told.back().name == "result");
    CHECK(std::count_if(told.begin(), told.end(), [](const ServerEvent& event) {
              return event.name == "partial";
          }) == 2);
    request.body = R"({"outcome":"fail","why":"no luck"})";
    told = house.client.events(request);
    REQUIRE(told.back().name == "failure");
    CHECK(told.back().json()["status"] == 502);
    CHECK(told.back().json()["detail"] == "no luck");
}

TEST_CASE("Each fault has its status, its code and a problem in words") {
    House house("[limits]\njobs_per_service_max = 2\n",
                {.config = "body_bytes_max = \"4KiB\"\nlines_max = 3\n"});
    CheckedClient& client = house.client;
    const std::string unknown = std::string("/v1/jobs/") + kUnknownJob;

    CHECK(code_of(client.get(unknown)) == "UnknownJob");
    CHECK(client.get(unknown + "/result").status == 404);
    CHECK(client.get(unknown + "/events").status == 404);
    CHECK(client.remove(unknown).status == 404);
    CHECK(code_of(client.post("/v1/services/nobody/jobs", json::object())) == "UnknownService");
    CHECK(client.get("/v1/services/nobody").status == 404);
    CHECK(client.remove("/v1/limits/none").status == 404);
    CHECK(client.get("/v1/jobs/nonsense").status == 400);
    CHECK(client.get("/v1/jobs?stat=dead").status == 400);
    CHECK(client.get("/v1/jobs?state=deaf").status == 400);
    CHECK(client.get("/v1/jobs?limit=10001").status == 400);
    CHECK(client.post("/v1/services/trial/jobs?wiat=1s", json::object()).status == 400);
    CHECK(code_of(client.post("/v1/services/trial/jobs?option.nonsense=1", json::object())) ==
          "UnknownOption");
    CHECK(code_of(client.post("/v1/services/trial/jobs", "{\"a\":", "application/json")) ==
          "BadParams");
    CHECK(client.put("/v1/services/trial/mode", {{"mode", "asleep"}}).status == 400);
    CHECK(client.post("/v1/jobs/cancel", json::object()).status == 400);
    CHECK(client.put("/v1/schedules/s", {{"expression", "x"}, {"service", "trial"}}).status == 400);
    CHECK(client
              .post("/v1/services/trial/jobs?option.after=" + std::string(kUnknownJob),
                    json::object())
              .status == 422);

    HttpClient plain = house.gateway.client();
    const HttpResponse no_path = plain.get("/v1/nonsense");
    CHECK(no_path.status == 404);
    CHECK(no_path.content_type() == "application/problem+json");
    const HttpResponse no_method = plain.remove("/v1/services");
    CHECK(no_method.status == 405);
    CHECK(no_method.header("Allow") == "GET, HEAD");

    const HttpResponse large =
        client.post("/v1/services/trial/jobs", std::string(5'000, 'x'), "text/plain");
    CHECK(large.status == 413);
    CHECK(large.json()["detail"].get<std::string>().find("gateway.body_bytes_max") !=
          std::string::npos);
    CHECK(
        client.post("/v1/services/trial/jobs", "{}\n{}\n{}\n{}\n", "application/x-ndjson").status ==
        413);

    const HttpResponse timed_out =
        client.post("/v1/services/trial/calls?timeout=50ms", json{{"seconds", 3}});
    CHECK(timed_out.status == 504);
    CHECK(code_of(timed_out) == "Timeout");
    CHECK(code_of(client.post("/v1/services/trial/calls", json{{"outcome", "fail"}})) ==
          "JobFailed");

    const std::string running = house.submit("trial", json{{"seconds", 30}});
    CHECK(house.reaches(running, "active"));
    CHECK(code_of(client.patch("/v1/jobs/" + running, {{"priority", 1}})) == "WrongState");
    house.submit("trial", json::object());
    const HttpResponse full = client.post("/v1/services/trial/jobs", json::object());
    CHECK(full.status == 429);
    CHECK(code_of(full) == "QueueFull");
    CHECK(full.has_header("Retry-After"));
    CHECK(changed(client.post("/v1/jobs/cancel", json{{"service", "trial"}})) == 2);
    CHECK(house.reaches(running, "cancelled"));
    CHECK(client.get("/v1/jobs/" + running + "/result").status == 502);
    CHECK(changed(client.remove("/v1/jobs/" + running)) == 0);  // as it was asked for

    house.set_mode("disabled");
    const HttpResponse stopped = client.post("/v1/services/trial/jobs", json::object());
    CHECK(stopped.status == 503);
    CHECK(code_of(stopped) == "ServiceStopped");
    CHECK(stopped.has_header("Retry-After"));
}

}  // namespace steward::e2e
