// tests/e2e: events as they happen, over WebSockets, before a real gateway.
#include <string>

#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/gateway.hpp"
#include "tests/e2e/harness/wait_until.hpp"
#include "tests/e2e/harness/web_socket.hpp"

namespace steward::e2e {
namespace {

using nlohmann::json;

bool is_answer_to(const json& message, int id) {
    return message.value("id", 0) == id && (message.contains("ok") || message.contains("error"));
}

json answer_to(WebSocket& socket, const json& message) {
    REQUIRE(socket.send(message));
    const int id = message["id"];
    return socket.next_where([id](const json& said) { return is_answer_to(said, id); });
}

// Of a follow: all that is told up to the end, by what it is.
struct Story {
    std::vector<std::string> events;
    std::vector<json> parts;
    json end;
    bool has_missed = false;

    /// All is there from the first event on, or it is told that it is not.
    [[nodiscard]] bool begins() const {
        return (!events.empty() && events.front() == "RECEIVED") != has_missed;
    }

    /// The end waits for the news for a moment alone: those that are late are not told.
    [[nodiscard]] bool ends() const {
        return !events.empty() && events.back() == "EXECUTE_COMPLETE";
    }
};

Story story_of(WebSocket& socket, int id) {
    Story story;
    while (story.end.is_null()) {
        const json said = socket.next_json();
        if (said.value("id", 0) != id) {
            continue;
        }
        if (said.contains("event")) {
            story.events.push_back(said["event"]["event"]);
        } else if (said.contains("partial")) {
            story.parts.push_back(said["partial"]["value"]);
        } else if (said.contains("end")) {
            story.end = said["end"];
        } else if (said.contains("missed")) {
            story.has_missed = true;
        }
    }
    return story;
}

// The same of an event stream.
Story story_of(EventStream& stream) {
    Story story;
    while (story.end.is_null()) {
        const auto said = stream.next();
        REQUIRE(said);
        if (said->name == "event") {
            story.events.push_back(said->json()["event"]);
        } else if (said->name == "partial") {
            story.parts.push_back(said->json()["value"]);
        } else if (said->name == "end") {
            story.end = said->json();
        } else if (said->name == "missed") {
            story.has_missed = true;
        }
    }
    return story;
}

TEST_CASE("a job that is submitted and followed tells its parts, its events and its end") {
    Desk desk;
    desk.start_worker("steward-worker-trial", "TRIAL");
    const Gateway gateway(desk.broker());
    WebSocket socket(gateway.port(), "/v1/ws");
    REQUIRE(socket.head().status == 101);
    const json params = {{"parts", 3}, {"seconds", 0.3}};
    Story story;
    std::string id;
    int number = 0;
    CHECK(wait_until([&] {
        const json taken = answer_to(socket,
                                     {{"id", ++number},
                                      {"do", "submit"},
                                      {"service", "TRIAL"},
                                      {"params", params},
                                      {"follow", true}});
        id = taken["ok"]["job"];
        story = story_of(socket, number);
        CHECK(story.parts == std::vector<json>{1, 2, 3});
        CHECK(story.end["state"] == "succeeded");
        CHECK(story.end["job"] == id);
        return story.ends();
    }));

    // Whoever comes late hears all of it, from another connection and as an event stream too.
    WebSocket late(gateway.port(), "/v1/ws");
    const json found = answer_to(late, {{"id", 7}, {"do", "follow"}, {"job", id}});
    CHECK(found["ok"]["state"] == "succeeded");
    const Story again = story_of(late, 7);
    CHECK(again.parts == story.parts);
    CHECK(again.end == story.end);
    EventStream stream(gateway.port(), "/v1/jobs/" + id + "/events");
    CHECK(stream.next_named("job").json()["state"] == "succeeded");
    CHECK(stream.next_named("end").json()["state"] == "succeeded");
    CHECK_FALSE(stream.next().has_value());
}

TEST_CASE("a job that is over at once tells all of its parts, whichever way it is followed") {
    Desk desk;
    desk.start_worker("steward-worker-trial", "TRIAL");
    const Gateway gateway(desk.broker());
    HttpClient client = gateway.client();
    const json params = {{"parts", 3}, {"seconds", 0}};
    const std::vector<json> parts = {1, 2, 3};
    WebSocket socket(gateway.port(), "/v1/ws");
    int id = 0;
    const auto streamed = [&] {
        const auto taken = client.post("/v1/services/TRIAL/jobs?follow=true", params);
        REQUIRE(taken.status == 202);
        EventStream stream(gateway.port(),
                           "/v1/jobs/" + taken.json()["job"].get<std::string>() + "/events");
        return story_of(stream);
    };
    const auto told = [&] {
        (void)answer_to(socket,
                        {{"id", ++id},
                         {"do", "submit"},
                         {"service", "TRIAL"},
                         {"params", params},
                         {"follow", true}});
        return story_of(socket, id);
    };
    // Again and again until one has its last event, which is judged by its first.
    const auto check = [&](const auto& follow) {
        CHECK(wait_until([&] {
            const Story story = follow();
            CHECK(story.parts == parts);
            CHECK(story.end["state"] == "succeeded");
            CHECK((!story.ends() || story.begins()));
            return story.ends();
        }));
    };
    for (int round = 0; round < 5; ++round) {
        check(streamed);
        check(told);

        // Submitted elsewhere, or without a word of following.
        const std::string late = desk.submit("TRIAL", params);
        REQUIRE(desk.reaches(late, "succeeded"));
        EventStream found(gateway.port(), "/v1/jobs/" + late + "/events");
        CHECK(story_of(found).parts == parts);
    }
}

TEST_CASE("whoever comes while a job runs hears what it said so far and what comes then") {
    Desk desk({}, kLongGrace);
    desk.start_worker("steward-worker-trial", "TRIAL");
    const Gateway gateway(desk.broker());
    const std::string id = desk.submit("TRIAL", {{"parts", 600}, {"seconds", 60}});
    REQUIRE(desk.reaches(id, "active"));
    EventStream stream(gateway.port(), "/v1/jobs/" + id + "/events");
    CHECK(stream.next_named("job").json()["state"] == "active");
    for (const int part : {1, 2, 3}) {
        CHECK(stream.next_named("partial").json()["value"] == part);
    }
    HttpClient client = gateway.client();
    CHECK(client.remove("/v1/jobs/" + id).json()["changed"] == 1);
    const json end = stream.next_named("end").json();
    CHECK(end["state"] == "cancelled");
    CHECK_FALSE(stream.next().has_value());
}

TEST_CASE("over one WebSocket: calls, questions, operations, reports, all at once") {
    Desk desk;
    desk.start_worker("steward-worker-reverse", "STR-REV");
    const Gateway gateway(desk.broker());
    WebSocket socket(gateway.port(), "/v1/ws");
    const json called =
        answer_to(socket, {{"id", 1}, {"do", "call"}, {"service", "STR-REV"}, {"params", "abc"}});
    CHECK(called["ok"]["result"] == "cba");
    const json services = answer_to(socket, {{"id", 2}, {"do", "query"}, {"what", "services"}});
    CHECK(services["ok"]["services"][0]["service"] == "STR-REV");
    const json paused =
        answer_to(socket,
                  {{"id", 3},
                   {"do", "operate"},
                   {"verb", "mode"},
                   {"arguments", {{"changes", {{{"service", "STR-REV"}, {"mode", "paused"}}}}}}});
    CHECK(paused.contains("ok"));
    REQUIRE(
        socket.send(json{{"id", 4}, {"do", "watch"}, {"what", "services"}, {"every", "250ms"}}));
    const json report =
        socket.next_where([](const json& said) { return said.value("id", 0) == 4; });
    CHECK(report["report"]["services"][0]["mode"] == "paused");
    CHECK(answer_to(socket, {{"id", 5}, {"do", "unwatch"}, {"of", 4}}).contains("ok"));

    const std::string id = answer_to(
        socket,
        {{"id", 6}, {"do", "submit"}, {"service", "STR-REV"}, {"params", "x"}})["ok"]["job"];
    const json listed = answer_to(socket,
                                  {{"id", 7},
                                   {"do", "query"},
                                   {"what", "jobs"},
                                   {"filter", {{"service", "STR-REV"}, {"states", {"ready"}}}}});
    CHECK(listed["ok"]["jobs"].size() == 1);
    const json cancelled = answer_to(
        socket,
        {{"id", 8}, {"do", "operate"}, {"verb", "cancel"}, {"arguments", {{"jobs", {id}}}}});
    CHECK(cancelled["ok"]["changed"] == 1);
}

TEST_CASE("what is wrong with a message is told under its id, and the conversation goes on") {
    Broker broker;
    const Gateway gateway(broker, {.config = "message_bytes_max = \"4KiB\"\n"});
    WebSocket socket(gateway.port(), "/v1/ws");
    REQUIRE(socket.send_text("no JSON"));
    CHECK(socket.next_json()["error"]["name"] == "BadParams");
    REQUIRE(socket.send_text("[1]"));
    CHECK(socket.next_json()["error"]["name"] == "BadParams");
    CHECK(answer_to(socket, {{"id", 1}})["error"]["name"] == "BadParams");
    CHECK(answer_to(socket, {{"id", 2}, {"do", "dance"}})["error"]["name"] == "UnknownCommand");
    CHECK(answer_to(socket, {{"id", 3}, {"do", "call"}, {"service", "NOBODY"}})["error"]["name"] ==
          "UnknownService");
    CHECK(answer_to(socket, {{"id", 4}, {"do", "follow"}, {"job", "x"}})["error"]["name"] ==
          "BadParams");
    CHECK(answer_to(socket, {{"id", 5}, {"do", "follow"}, {"job", kUnknownJob}})["error"]["name"] ==
          "UnknownJob");
    CHECK(answer_to(socket, {{"id", 6}, {"do", "unfollow"}, {"of", 9}})["error"]["name"] ==
          "UnknownName");
    CHECK(answer_to(socket, {{"id", 7}, {"do", "watch"}, {"what", "tea"}})["error"]["name"] ==
          "BadParams");
    REQUIRE(socket.send_text(std::string(5'000, ' ')));
    CHECK_FALSE(socket.next().has_value());
    CHECK(socket.close_code() == 1009);
    CHECK(gateway.client().get("/v1/ws").status == 426);
}

TEST_CASE("a follower of services hears only theirs, and goes on where he was after a break") {
    Desk desk;
    desk.start_worker("steward-worker-log", "LOG");
    desk.start_worker("steward-worker-reverse", "STR-REV");
    const Gateway gateway(desk.broker());
    const std::string target = "/v1/events?service=LOG&event=EXECUTE_COMPLETE";
    std::string last;
    std::string first_job;
    {
        EventStream stream(gateway.port(), target);
        // News may need a moment to be heard by the broker.
        REQUIRE(wait_until([&] {
            static_cast<void>(desk.submit("STR-REV", "a"));
            static_cast<void>(desk.submit("LOG"));
            const auto events = gateway.client().get("/metrics").body;
            return events.find("steward_gateway_events_total 0\n") == std::string::npos;
        }));
        const ServerEvent event = stream.next_named("event");
        CHECK(event.json()["service"] == "LOG");
        CHECK(event.json()["event"] == "EXECUTE_COMPLETE");
        last = event.id;
        first_job = event.json()["job"];
    }
    const std::string missed = desk.submit("LOG");
    REQUIRE(desk.reaches(missed, "succeeded"));
    EventStream again(gateway.port(), target, {{"Last-Event-ID", last}});
    bool has_heard = false;
    while (!has_heard) {
        const json event = again.next_named("event").json();
        CHECK(event["job"] != first_job);
        has_heard = event["job"] == missed;
    }
    CHECK(gateway.client().get(target, {{"Last-Event-ID", "x"}}).status == 400);
    CHECK(gateway.client().get("/v1/events?event=NOTHING").status == 400);
}

TEST_CASE("however short the broker was away, who comes back is told that something was missed") {
    Desk desk;
    desk.start_worker("steward-worker-log", "LOG");
    const Gateway gateway(desk.broker());
    const std::string target = "/v1/events?service=LOG";
    // News need a moment to be heard by the broker.
    const auto next_id = [&](EventStream& stream) {
        const auto heard = [&] {
            const std::string figures = gateway.client().get("/metrics").body;
            const std::size_t at = figures.find("\nsteward_gateway_events_total ");
            REQUIRE(at != std::string::npos);
            return figures.substr(at + 1, figures.find('\n', at + 1) - at - 1);
        };
        const std::string before = heard();
        REQUIRE(wait_until([&] {
            static_cast<void>(desk.submit("LOG"));
            return heard() != before;
        }));
        return stream.next_named("event").id;
    };
    EventStream stream(gateway.port(), target);
    const std::string last = next_id(stream);
    desk.broker().kill();
    desk.broker().start_again();
    desk.broker().wait_until_served("LOG");
    EventStream later(gateway.port(), target);
    static_cast<void>(next_id(later));
    EventStream again(gateway.port(), target, {{"Last-Event-ID", last}});
    const auto told = again.next();
    REQUIRE(told.has_value());
    CHECK(told->name == "missed");
}

TEST_CASE("a message is answered whatever kind its members are of, and the gateway goes on") {
    Desk desk;
    desk.start_worker("steward-worker-trial", "TRIAL");
    const Gateway gateway(desk.broker());
    WebSocket socket(gateway.port(), "/v1/ws");
    const std::vector<json> messages = {
        {{"do", "submit"}, {"service", "TRIAL"}, {"params", 1}, {"options", {{"delay", "1h"}}}},
        {{"do", "call"},
         {"service", "TRIAL"},
         {"options", {{"meta", {{"a", "b"}}}}},
         {"timeout", "9s"}},
        {{"do", "follow"}, {"job", "x"}},
        {{"do", "follow"}, {"service", {"a"}}, {"event", {"DEAD"}}, {"after", 1}},
        {{"do", "unfollow"}, {"of", 1}},
        {{"do", "query"},
         {"what", "jobs"},
         {"filter", {{"jobs", {"x"}}}},
         {"after", "1"},
         {"limit", 5}},
        {{"do", "query"}, {"what", "jobs"}, {"filter", {{"states", {"dead"}}, {"service", "a"}}}},
        {{"do", "operate"}, {"verb", "cancel"}, {"arguments", {{"jobs", {"x"}}, {"from", 1}}}},
        {{"do", "operate"},
         {"verb", "mode"},
         {"arguments", {{"changes", {{{"mode", "running"}}}}}}},
        {{"do", "watch"}, {"what", "broker"}, {"every", "1h"}},
        {{"do", "unwatch"}, {"of", 1}}};
    const std::vector<json> values = {
        nullptr, true, -1, 1.5, "", "x", json::array(), {1, "x"}, json::object(), {{"a", {1}}}};
    int id = 0;
    for (const json& message : messages) {
        const json flat = message.flatten();
        std::vector<json::json_pointer> places;
        for (const auto& [place, value] : flat.items()) {
            for (json::json_pointer at(place); !at.empty(); at = at.parent_pointer()) {
                places.push_back(at);
            }
        }
        for (const json::json_pointer& place : places) {
            for (const json& value : values) {
                json changed = message;
                changed[place] = value;
                changed["id"] = ++id;
                CAPTURE(changed.dump());
                REQUIRE(socket.send(changed));
                // What it begins may go on to speak; the answer to it is among that.
                (void)socket.next_where([&](const json& said) {
                    return said.value("id", 0) == id && !said.contains("event");
                });
            }
        }
    }
    CHECK(answer_to(socket, {{"id", ++id}, {"do", "query"}, {"what", "broker"}}).contains("ok"));
}

}  // namespace
}  // namespace steward::e2e
