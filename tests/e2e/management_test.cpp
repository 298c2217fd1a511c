// tests/e2e: what the broker tells about itself, in every dialect; the news socket.
#include <doctest/doctest.h>

#include "tests/e2e/harness/broker.hpp"
#include "tests/e2e/harness/old_worker.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

namespace {

using namespace std::chrono_literals;

/// Sends a management request and reads the document, which is the last frame in every dialect.
nlohmann::json ask_in(Old dialect, const Broker& broker, const std::string& request) {
    OldClient client(dialect, broker.endpoints().frontend);
    client.request(request, {}, false);
    const std::optional<RawFrames> frames = client.socket().receive();
    REQUIRE(frames.has_value());
    CAPTURE(shown(*frames));
    REQUIRE_FALSE(frames->empty());
    nlohmann::json document =
        nlohmann::json::parse(split_params(frames->back()).text, nullptr, false);
    REQUIRE_FALSE(document.is_discarded());
    return document;
}

std::string code_of_service(OldClient& client, const std::string& service) {
    client.request("mmi.service", {service});
    const Answer answer = client.answer();
    REQUIRE(answer.body.size() == 1);
    return answer.body.front();
}

}  // namespace

TEST_CASE("SERVER-JOBS, -ACTIVE, -HIST, -WORKERS and -STATUS answer in every dialect") {
    const Broker broker;
    OldWorker worker(Old::Mdp02, "shown", broker.endpoints().backend);
    worker.ready();
    broker.wait_until_served("shown");
    OldClient client(Old::Zmws2, broker.endpoints().frontend);
    const auto submit = [&] {
        client.request("shown", {R"({"a":1})"}, false);
        return client.answer().job;
    };
    const std::string done = submit();
    worker.complete(worker.job(), {});
    REQUIRE(broker.wait_for_events(1, "EXECUTE_COMPLETE", "shown"));
    const std::string active = submit();
    const HeldJob held = worker.job();
    const std::string waiting = submit();

    for (const Old dialect : kOldDialects) {
        CAPTURE(name_of(dialect));
        const nlohmann::json jobs = ask_in(dialect, broker, "SERVER-JOBS");
        REQUIRE(jobs.size() == 1);
        CHECK(jobs[0].value("jobid", "") == waiting);
        CHECK(jobs[0].value("service", "") == "shown");
        const nlohmann::json running = ask_in(dialect, broker, "SERVER-ACTIVE");
        REQUIRE(running.size() == 1);
        CHECK(running[0].value("jobid", "") == active);
        const nlohmann::json history = ask_in(dialect, broker, "SERVER-HIST");
        REQUIRE(history.size() == 1);
        CHECK(history[0].value("jobid", "") == done);
        const nlohmann::json workers = ask_in(dialect, broker, "SERVER-WORKERS");
        REQUIRE(workers.size() == 1);
        CHECK(workers[0].contains("workerid"));
        CHECK(ask_in(dialect, broker, "SERVER-STATUS").is_object());
    }
    worker.complete(held, {});
}

TEST_CASE("mmi.service says 200, 404 and, to what it does not know, 501") {
    const Broker broker;
    OldWorker worker(Old::Mdp01, "known", broker.endpoints().backend);
    worker.ready();
    broker.wait_until_served("known");
    for (const Old dialect : {Old::Mdp01, Old::Mdp02}) {
        CAPTURE(name_of(dialect));
        OldClient client(dialect, broker.endpoints().frontend);
        CHECK(code_of_service(client, "known") == "200");
        CHECK(code_of_service(client, "nobody") == "404");
        client.request("mmi.nonsense", {"x"});
        CHECK(shown(client.answer().body) == shown({"501"}));
    }
}

TEST_CASE("A ZMWS client hears FAIL at once for a service that nobody knows") {
    // It hears it at once or, as far as this test is concerned, never.
    const Broker broker({{}, "[broker]\nsettle = \"1h\"\n", {}});
    for (const Old dialect : {Old::Zmws1, Old::Zmws2}) {
        for (const bool sync : {true, false}) {
            CAPTURE(name_of(dialect));
            OldClient client(dialect, broker.endpoints().frontend);
            client.request("nobody", {"1"}, sync);
            const Answer answer = client.answer();
            CHECK(answer.kind == Answer::Kind::Fail);
            CHECK(answer.service == "nobody");
        }
    }
}

TEST_CASE("An MDP client's request for an unknown service waits for a worker") {
    const Broker broker;
    for (const Old dialect : {Old::Mdp01, Old::Mdp02}) {
        const std::string service = "soon-" + std::string(name_of(dialect));
        OldClient client(dialect, broker.endpoints().frontend);
        client.request(service, {"1"});
        CHECK_FALSE(client.maybe_answer(200ms).has_value());
        OldWorker worker(dialect, service, broker.endpoints().backend);
        worker.ready();
        worker.complete(worker.job(), {"2"});
        CHECK(shown(client.answer().body) == shown({"2"}));
    }
}

TEST_CASE("The news tell each step of a job under SERVICE.EVENT") {
    const Broker broker;
    OldWorker worker(Old::Zmws1, "told", broker.endpoints().backend);
    worker.ready();
    broker.wait_until_served("told");
    RawSocket news(zmq::socket_type::sub, broker.endpoints().news);
    news.subscribe("told.");
    OldClient client(Old::Zmws1, broker.endpoints().frontend);
    const auto run_one = [&] {
        client.request("told", {"1"});
        worker.complete(worker.job(), {"2"});
        return client.answer().job;
    };
    // A subscription takes a moment to arrive: run jobs until the first news come.
    REQUIRE(wait_until([&] {
        run_one();
        return news.receive(50ms).has_value();
    }));
    const std::string id = run_one();
    std::vector<std::string> topics;
    while (topics.empty() || topics.back() != "told.EXECUTE_COMPLETE") {
        const std::optional<RawFrames> frames = news.receive();
        REQUIRE(frames.has_value());
        REQUIRE(frames->size() == 2);
        const nlohmann::json body = nlohmann::json::parse(frames->back(), nullptr, false);
        REQUIRE(body.is_object());
        CHECK(body.value("service", "") == "told");
        if (body.value("job", "") == id) {
            CHECK(frames->front() == "told." + body.value("event", ""));
            topics.push_back(frames->front());
        }
    }
    CHECK(shown(topics) == shown({"told.RECEIVED",
                                  "told.ENQUEUED",
                                  "told.DEQUEUED",
                                  "told.DELEGATE_START",
                                  "told.EXECUTE_START",
                                  "told.EXECUTE_COMPLETE"}));
}

}  // namespace steward::e2e
