// tests/e2e: what workers do about limits, outcomes and their own age, through a real broker. The
// sample worker TRIAL does as its params say.
#include <algorithm>
#include <signal.h>

#include <doctest/doctest.h>

#include "tests/e2e/harness/broker.hpp"
#include "tests/e2e/harness/old_client.hpp"
#include "tests/e2e/harness/old_worker.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using Args = std::vector<std::string>;

constexpr int kReplace = 75;

BrokerOptions with_short_grace() {
    return {{}, "[broker]\nstop_grace = \"500ms\"\n", {}};
}

/// A broker, a worker that serves `service`, and a client.
struct Trial {
    explicit Trial(std::string name, Args more = {})
        : service(std::move(name)), args(std::move(more)) {
        args.insert(args.begin(), {"--service-name", service});
        start_worker();
        broker.wait_until_served(service);
    }

    void start_worker() {
        Args all = args;
        all.insert(all.end(), {"--frontend-server", broker.endpoints().frontend});
        worker = broker.start_worker(kTrialProgram, all);
    }

    /// The id of an async job.
    std::string submit(const json& params, const json& options = {}) {
        client.request_with(service,
                            "PARAM-JSON: " + params.dump(),
                            false,
                            options.is_null() ? "" : options.dump());
        const Answer answer = client.answer();
        REQUIRE(answer.kind == Answer::Kind::Taken);
        return answer.job;
    }

    /// What the worker tells of a sync job that succeeds.
    json call(const json& params, const json& options = {}) {
        client.request_with(
            service, "PARAM-JSON: " + params.dump(), true, options.is_null() ? "" : options.dump());
        const Answer answer = client.answer();
        REQUIRE(answer.kind == Answer::Kind::Complete);
        return json::parse(answer.body.at(0));
    }

    [[nodiscard]] std::size_t count(const std::string& event) const {
        return broker.count_events(event, service);
    }

    [[nodiscard]] bool has_seen(const std::string& event, std::size_t times = 1) const {
        return broker.wait_for_events(times, event, service);
    }

    /// The detail of the first such event.
    [[nodiscard]] std::string detail(const std::string& event) const {
        for (const json& line : broker.lifecycle()) {
            if (line.value("event", "") == event && line.value("service", "") == service) {
                return line.value("detail", "");
            }
        }
        return {};
    }

    Broker broker{with_short_grace()};
    std::string service;
    Args args;
    std::unique_ptr<Process> worker;
    OldClient client{Old::Zmws1, broker.endpoints().frontend};
};

const json kHangs = {{"seconds", 600}, {"ignore_stop", true}};

}  // namespace

TEST_CASE("A handler that ignores its time limit costs its attempt and its process, no other job") {
    Trial t("overtime");
    t.submit(kHangs, {{"time_limit", "500ms"}, {"max_attempts", 1}});
    t.submit({{"seconds", 0}});
    CHECK(t.worker->wait() == kReplace);
    CHECK(t.has_seen("DEAD"));
    CHECK(t.detail("EXECUTE_ERROR").find("time limit") != std::string::npos);
    t.start_worker();
    CHECK(t.has_seen("EXECUTE_COMPLETE"));
    CHECK(t.count("EXECUTE_ERROR") == 1);
    CHECK(t.count("DEAD") == 1);
}

TEST_CASE(
    "A handler that ignores its cancellation costs its process, and the job stays cancelled") {
    Trial t("unstoppable");
    const std::string id = t.submit(kHangs);
    REQUIRE(t.has_seen("DELEGATE_START"));
    CHECK(run(t.broker.tool({"cancel", id})).code == 0);
    CHECK(t.worker->wait() == kReplace);
    CHECK(t.has_seen("CANCELLED"));
    t.start_worker();
    CHECK(t.call({{"seconds", 0}})["attempt"] == 1);
    CHECK(t.count("DELEGATE_START") == 2);
}

TEST_CASE("Other jobs of a process that is given up finish within the grace or run again") {
    Trial t("neighbours", {"--concurrency", "3"});
    t.submit(kHangs, {{"time_limit", "1s"}, {"max_attempts", 1}});
    t.submit({{"seconds", 1.6}});
    t.submit({{"seconds", 3}});
    CHECK(t.worker->wait() == kReplace);
    t.start_worker();
    CHECK(t.has_seen("EXECUTE_COMPLETE", 2));
    // The one that took too long; and the other as well where it was submitted late.
    const std::size_t lost = t.count("DELEGATE_ERROR");
    CHECK((lost == 1 || lost == 2));
    CHECK(t.count("DEAD") == 1);
}

TEST_CASE("A job over its memory limit fails and its process is replaced") {
    Trial t("greedy");
    t.submit({{"allocate_mib", 96}, {"seconds", 600}},
             {{"memory_limit", "64MiB"}, {"max_attempts", 2}, {"backoff", "100ms"}});
    CHECK(t.worker->wait() == kReplace);
    CHECK(t.has_seen("EXECUTE_ERROR"));
    CHECK(t.detail("EXECUTE_ERROR").find("memory_limit of 64MiB") != std::string::npos);
    t.start_worker();
    CHECK(t.worker->wait() == kReplace);
    CHECK(t.has_seen("DEAD"));
    CHECK(t.count("DELEGATE_START") >= 2);  // one may be lost with its process
}

TEST_CASE("Processes that give way after three jobs each run every job once") {
    Trial t("relay", {"--max-jobs", "3"});
    constexpr std::size_t kJobs = 10;
    for (std::size_t i = 0; i < kJobs; ++i) {
        t.submit({{"seconds", 0}});
    }
    for (std::size_t done = 3; done < kJobs; done += 3) {
        CHECK(t.worker->wait() == kReplace);
        t.start_worker();
    }
    CHECK(t.has_seen("EXECUTE_COMPLETE", kJobs));
    CHECK(t.count("EXECUTE_COMPLETE") == kJobs);
    CAPTURE(t.detail("DELEGATE_ERROR"));
    CHECK(t.count("DELEGATE_ERROR") == 0);
    CHECK(t.count("EXECUTE_ERROR") == 0);
}

TEST_CASE("A process that keeps too much memory gives way after the job") {
    Trial t("leaky", {"--max-memory", "64MiB"});
    CHECK(t.call({{"allocate_mib", 1}})["attempt"] == 1);
    CHECK(t.call({{"allocate_mib", 96}})["attempt"] == 1);
    CHECK(t.worker->wait() == kReplace);
}

TEST_CASE("A snoozed job comes again by itself and no attempt is counted") {
    Trial t("sleepy");
    // At most one attempt: two snoozes would be two failures too many.
    const json told =
        t.call({{"outcome", "snooze"}, {"pause", 0.2}, {"times", 2}}, {{"max_attempts", 1}});
    CHECK(told["service"] == "sleepy");
    CHECK(t.count("SNOOZED") == 2);
    CHECK(t.has_seen("EXECUTE_COMPLETE"));
    CHECK(t.count("EXECUTE_COMPLETE") == 1);
    CHECK(t.count("EXECUTE_ERROR") == 0);
}

TEST_CASE("A failure is tried again, a rejection is not") {
    Trial t("luckless");
    t.submit({{"outcome", "fail"}, {"times", 2}, {"why", "no luck"}}, {{"backoff", "100ms"}});
    CHECK(t.has_seen("EXECUTE_COMPLETE"));
    CHECK(t.count("EXECUTE_ERROR") == 2);
    CHECK(t.detail("EXECUTE_ERROR") == "no luck");
    t.submit({{"outcome", "reject"}, {"why", "never"}});
    CHECK(t.has_seen("DEAD"));
    CHECK(t.count("EXECUTE_ERROR") == 3);
    CHECK(t.count("DELEGATE_START") == 4);
}

TEST_CASE("A worker takes the jobs of its channels and of no other") {
    Trial t("channelled", {"--channel", "gpu,cpu"});
    CHECK(t.call({}, {{"channel", "gpu"}})["channel"] == "gpu");
    CHECK(t.call({}, {{"channel", "cpu"}})["channel"] == "cpu");
    const std::string waits = t.submit(json::object());
    CHECK(t.call({}, {{"channel", "gpu"}})["channel"] == "gpu");
    CHECK(t.count("DELEGATE_START") == 3);
    t.args = {"--service-name", t.service};
    const auto first = std::move(t.worker);
    t.start_worker();
    CHECK(t.has_seen("EXECUTE_COMPLETE", 4));
}

TEST_CASE("A durable job larger than messages are by default comes to its worker") {
    for (const char* way : {"true", "false"}) {  // over a local stream, and over ZeroMQ
        CAPTURE(way);
        const Broker broker({{},
                             "[broker]\nlocal_streams = " + std::string(way) +
                                 "\n[limits]\nmessage_bytes_max = \"96MiB\"\n",
                             {}});
        const auto worker = broker.start_worker(kTrialProgram, {"--service-name", "large"});
        broker.wait_until_served("large");
        OldClient client(Old::Zmws1, broker.endpoints().frontend);
        client.request_with("large",
                            "PARAM-JSON: {\"filler\":\"" + std::string(80UL << 20U, 'c') + "\"}",
                            true,
                            json({{"durable", true}}).dump());
        const Answer answer = client.answer(120s);
        REQUIRE(answer.kind == Answer::Kind::Complete);
        CHECK(json::parse(answer.body.at(0))["attempt"] == 1);
        REQUIRE(broker.wait_for_events(1, "EXECUTE_COMPLETE", "large"));
        CHECK(broker.count_events("DELEGATE_START", "large") == 1);
    }
}

TEST_CASE("A result larger than what may wait for a peer reaches the client that reads it") {
    const Broker broker({{},
                         "[limits]\nmessage_bytes_max = \"96MiB\"\n"
                         "peer_backlog_bytes_max = \"1MiB\"\n",
                         {}});
    OldWorker worker(Old::Mdp02, "large", broker.endpoints().backend);
    worker.ready();
    broker.wait_until_served("large");
    OldClient client(Old::Mdp02, broker.endpoints().frontend);
    constexpr std::size_t kBytes = 80UL << 20U;
    for (int i = 0; i < 2; ++i) {  // one behind the other
        client.request("large", {"much"});
        worker.complete(worker.job(), {std::string(kBytes, 'r')});
    }
    for (int i = 0; i < 2; ++i) {
        const Answer answer = client.answer();
        REQUIRE(answer.kind == Answer::Kind::Complete);
        CHECK(answer.body.at(0).size() == kBytes);
    }
}

TEST_CASE("A child job inherits the context, and a job without one is its own") {
    Trial t("family", {"--concurrency", "2"});
    const json child = {{"service", "family"}, {"params", json::object()}};
    const auto contexts = [&] {
        std::vector<std::string> all;
        for (const json& line : t.broker.lifecycle()) {
            if (line.value("event", "") == "EXECUTE_COMPLETE") {
                all.push_back(line.value("context", line.value("job", "")));
            }
        }
        return all;
    };
    const json named = t.call({{"children", {child}}}, {{"context", "order-17"}});
    CHECK(named["context"] == "order-17");
    CHECK(t.has_seen("EXECUTE_COMPLETE", 2));
    CHECK(contexts() == Args{"order-17", "order-17"});
    const json own = t.call({{"children", {child}}});
    CHECK(own["context"] == own["id"]);
    CHECK(t.has_seen("EXECUTE_COMPLETE", 4));
    CHECK(contexts().at(2) == own["id"].get<std::string>());
    CHECK(contexts().at(3) == own["id"].get<std::string>());
}

}  // namespace steward::e2e
