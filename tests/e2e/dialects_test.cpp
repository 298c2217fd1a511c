// tests/e2e: every dialect's client is served by every dialect's worker, the native ones included.
// Old peers speak from the tables of docs/protocol.md; native ones are programs of this build.
#include <doctest/doctest.h>

#include "tests/e2e/harness/broker.hpp"
#include "tests/e2e/harness/old_worker.hpp"
#include "tests/e2e/harness/samples.hpp"

namespace steward::e2e {

namespace {

// Valid JSON in both, so that it looks the same in every encoding that can carry it.
constexpr std::string_view kQuestion = "\"stressed\"";
constexpr std::string_view kAnswer = "\"desserts\"";

std::string service_of(std::string_view worker_dialect) {
    return "reverse-by-" + std::string(worker_dialect);
}

void check_old_client(Old dialect, const Answer& answer, const std::string& service) {
    CHECK(answer.kind == Answer::Kind::Complete);
    CHECK(answer.service == service);
    CHECK(shown(answer.body) == shown({std::string(kAnswer)}));
    if (is_zmws(dialect)) {
        CHECK(answer.prefix == "PARAM-JSON: ");
        CHECK_FALSE(answer.job.empty());
    }
}

void check_tool(Process& tool) {
    REQUIRE(tool.wait() == 0);
    INFO("tool printed: ", tool.standard_output(), tool.standard_error());
    CHECK(tool.standard_output().find("desserts") != std::string::npos);
}

CommandLine call_by_tool(const Broker& broker, const std::string& service) {
    return broker.tool({"call", service, std::string(kQuestion)});
}

}  // namespace

TEST_CASE("Clients of every dialect are served by old workers of every dialect") {
    const Broker broker;
    for (const Old worker_dialect : kOldDialects) {
        const std::string service = service_of(name_of(worker_dialect));
        OldWorker worker(worker_dialect, service, broker.endpoints().backend);
        worker.ready();
        broker.wait_until_served(service);
        for (const Old client_dialect : kOldDialects) {
            CAPTURE(name_of(worker_dialect));
            CAPTURE(name_of(client_dialect));
            OldClient client(client_dialect, broker.endpoints().frontend);
            client.request(service, {std::string(kQuestion)});
            const HeldJob job = worker.job();
            CHECK(shown(job.body) == shown({std::string(kQuestion)}));
            worker.complete(job, {std::string(kAnswer)});
            check_old_client(client_dialect, client.answer(), service);
        }
        Process tool(call_by_tool(broker, service));
        const HeldJob job = worker.job();
        CHECK(shown(job.body) == shown({std::string(kQuestion)}));
        worker.complete(job, {std::string(kAnswer)});
        check_tool(tool);
    }
}

TEST_CASE("Clients of every dialect are served by a native worker") {
    const Broker broker;
    const std::string service = service_of("native");
    const auto worker = broker.start_worker(kReverseProgram, {"--service-name", service});
    broker.wait_until_served(service);
    for (const Old client_dialect : kOldDialects) {
        CAPTURE(name_of(client_dialect));
        OldClient client(client_dialect, broker.endpoints().frontend);
        client.request(service, {std::string(kQuestion)});
        check_old_client(client_dialect, client.answer(), service);
    }
    Process tool(call_by_tool(broker, service));
    check_tool(tool);
}

TEST_CASE("A REQ socket, which adds and wants the delimiter, is answered too") {
    const Broker broker;
    OldWorker worker(Old::Zmws2, "req", broker.endpoints().backend);
    worker.ready();
    broker.wait_until_served("req");

    // What a REQ socket receives is without the delimiter.
    struct Case {
        RawFrames request;
        RawFrames answer_start;
    };

    const std::vector<Case> cases = {
        {{"PARAM-JSON: 1", "JOB: SYNC-req"}, {}},
        {{"MDPC02", "1", "PARAM-JSON: 1", "SYNC-req"}, {"MDPC02", "3", "req"}},
        {{"MDPC02", "1", "PARAM-JSON: 1", "JOB: SYNC-req"}, {"MDPC02", "3", "req"}},
        {{"MDPC01", "req", "1"}, {"MDPC01", "req"}},
    };
    for (const Case& one : cases) {
        CAPTURE(shown(one.request));
        RawSocket client(zmq::socket_type::req, broker.endpoints().frontend);
        client.send(one.request);
        worker.complete(worker.job(), {"2"});
        const std::optional<RawFrames> answer = client.receive();
        REQUIRE(answer.has_value());
        CAPTURE(shown(*answer));
        REQUIRE(answer->size() > one.answer_start.size());
        CHECK(std::equal(one.answer_start.begin(), one.answer_start.end(), answer->begin()));
        CHECK((answer->back() == "2" || answer->back() == "PARAM-JSON: 2"));
    }
}

}  // namespace steward::e2e
