// tests/e2e: jobs that nobody waits for, answers in parts, and failures.
#include <doctest/doctest.h>

#include "tests/e2e/harness/broker.hpp"
#include "tests/e2e/harness/old_worker.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

TEST_CASE("An async job is acknowledged with its id, run, and found in the history") {
    const Broker broker;
    for (const Old dialect : {Old::Zmws1, Old::Zmws2}) {
        CAPTURE(name_of(dialect));
        const std::string service = "background-" + std::string(name_of(dialect));
        OldWorker worker(dialect, service, broker.endpoints().backend);
        worker.ready();
        broker.wait_until_served(service);
        OldClient client(dialect, broker.endpoints().frontend);
        client.request(service, {"7"}, false);
        const Answer taken = client.answer();
        CHECK(taken.kind == Answer::Kind::Taken);
        CHECK(taken.service == service);
        const HeldJob job = worker.job();
        CHECK(job.token == taken.job);
        worker.complete(job, {"49"});
        REQUIRE(broker.wait_for_events(1, "EXECUTE_COMPLETE", service));
        const nlohmann::json history = broker.ask("SERVER-HIST");
        REQUIRE(history.is_array());
        const bool is_there =
            std::any_of(history.begin(), history.end(), [&](const nlohmann::json& row) {
                return row.value("jobid", "") == taken.job && row.value("service", "") == service;
            });
        CHECK(is_there);
        CHECK_FALSE(client.maybe_answer(std::chrono::milliseconds(100)).has_value());
    }
}

TEST_CASE("Async jobs wait for a worker and run in the order of their coming") {
    const Broker broker;
    {
        OldWorker known(Old::Mdp02, "later", broker.endpoints().backend);
        known.ready();
        broker.wait_until_served("later");
        known.disconnect();
    }
    OldClient client(Old::Zmws1, broker.endpoints().frontend);
    for (int i = 0; i < 5; ++i) {
        client.request("later", {std::to_string(i)}, false);
        CHECK(client.answer().kind == Answer::Kind::Taken);
    }
    OldWorker worker(Old::Zmws1, "later", broker.endpoints().backend);
    worker.ready();
    for (int i = 0; i < 5; ++i) {
        const HeldJob job = worker.job();
        CHECK(shown(job.body) == shown({std::to_string(i)}));
        worker.complete(job, {});
    }
}

TEST_CASE("The lifecycle log tells each step of a job once and in order") {
    const Broker broker;
    OldWorker worker(Old::Zmws2, "told", broker.endpoints().backend);
    worker.ready();
    broker.wait_until_served("told");
    OldClient client(Old::Zmws2, broker.endpoints().frontend);
    client.request("told", {"{\"n\":1}"});
    worker.complete(worker.job(), {});
    const std::string id = client.answer().job;
    REQUIRE(broker.wait_for_events(1, "EXECUTE_COMPLETE", "told"));
    std::vector<std::string> events;
    for (const nlohmann::json& line : broker.lifecycle()) {
        if (line.value("job", "") == id && line.value("event", "") != "ENQUEUED" &&
            line.value("event", "") != "DEQUEUED" && line.value("event", "") != "EXECUTE_START") {
            events.push_back(line["event"]);
        }
    }
    CHECK(shown(events) == shown({"RECEIVED", "DELEGATE_START", "EXECUTE_COMPLETE"}));
}

TEST_CASE("Partial answers reach the client in order and before the final one") {
    const Broker broker;
    for (const Old worker_dialect : {Old::Zmws1, Old::Zmws2, Old::Mdp02}) {
        const std::string service = "parts-" + std::string(name_of(worker_dialect));
        OldWorker worker(worker_dialect, service, broker.endpoints().backend);
        worker.ready();
        broker.wait_until_served(service);
        for (const Old client_dialect : kOldDialects) {
            CAPTURE(name_of(worker_dialect));
            CAPTURE(name_of(client_dialect));
            OldClient client(client_dialect, broker.endpoints().frontend);
            client.request(service, {"3"});
            const HeldJob job = worker.job();
            for (int i = 0; i < 3; ++i) {
                worker.partial(job, {std::to_string(i)});
            }
            worker.complete(job, {"99"});
            // MDP/0.1 has no partial answers: its client hears only the end.
            for (int i = 0; client_dialect != Old::Mdp01 && i < 3; ++i) {
                const Answer part = client.answer();
                CHECK(part.kind == Answer::Kind::Partial);
                CHECK(shown(part.body) == shown({std::to_string(i)}));
            }
            const Answer last = client.answer();
            CHECK(last.kind == Answer::Kind::Complete);
            CHECK(shown(last.body) == shown({"99"}));
        }
    }
}

TEST_CASE("A failed job is told as FAIL with what the worker said") {
    const Broker broker;
    for (const Old worker_dialect : {Old::Zmws1, Old::Zmws2}) {
        const std::string service = "fails-" + std::string(name_of(worker_dialect));
        OldWorker worker(worker_dialect, service, broker.endpoints().backend);
        worker.ready();
        broker.wait_until_served(service);
        for (const Old client_dialect : {Old::Zmws1, Old::Zmws2}) {
            CAPTURE(name_of(worker_dialect));
            CAPTURE(name_of(client_dialect));
            OldClient client(client_dialect, broker.endpoints().frontend);
            client.request(service, {"0"});
            worker.fail(worker.job(), {"\"division by zero\""});
            const Answer answer = client.answer();
            CHECK(answer.kind == Answer::Kind::Fail);
            CHECK(answer.service == service);
            CHECK(shown(answer.body) == shown({"\"division by zero\""}));
        }
    }
}

}  // namespace steward::e2e
