// tests/e2e: a broker with workers, a gateway before it, and a client that holds each answer
// against the document that the gateway serves of itself.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tests/e2e/harness/api_document.hpp"
#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/gateway.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

using nlohmann::json;

/// A broker with a worker of each kind that is needed, and a gateway before it.
struct House {
    explicit House(const std::string& broker_config = {}, GatewayOptions options = {})
        : desk(broker_config),
          gateway(desk.broker(), std::move(options)),
          document(gateway.client().get("/v1/openapi.json").json()),
          client(gateway.port(), document) {
        desk.start_worker(kTrialProgram, "trial");
        desk.start_worker(kReverseProgram, "reverse");
    }

    std::string submit(const std::string& service,
                       const json& params,
                       const std::string& query = {}) {
        const HttpResponse taken = client.post("/v1/services/" + service + "/jobs" + query, params);
        REQUIRE(taken.status == 202);
        const std::string job = taken.json()["job"];
        CHECK(taken.header("Location") == "/v1/jobs/" + job);
        return job;
    }

    bool reaches(const std::string& job, const std::string& state) {
        return wait_until([&] { return client.get("/v1/jobs/" + job).json()["state"] == state; });
    }

    /// Jobs that have used up their one attempt.
    std::vector<std::string> dead_jobs(int count) {
        std::vector<std::string> jobs;
        for (int i = 0; i < count; ++i) {
            jobs.push_back(submit("trial", json{{"outcome", "reject"}}, "?option.max_attempts=1"));
            REQUIRE(reaches(jobs.back(), "dead"));
        }
        return jobs;
    }

    void set_mode(const std::string& mode) {
        CHECK(client.put("/v1/services/trial/mode", {{"mode", mode}}).json()["changed"] == 1);
    }

    Desk desk;
    Gateway gateway;
    ApiDocument document;
    CheckedClient client;
};

inline int changed(const HttpResponse& answer) {
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    return answer.json()["changed"].get<int>();
}

inline std::string code_of(const HttpResponse& answer) {
    return answer.json().value("name", "");
}

}  // namespace steward::e2e
