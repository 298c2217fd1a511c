// tests/unit/wire: what the last ZMWS release sends and gets, frame by frame.
#include "common/wire/zmws2.hpp"

#include <doctest/doctest.h>

#include "tests/unit/wire/frames_text.hpp"

namespace steward::wire::zmws2_tests {
namespace {

using namespace test;
using base::Errc;
using model::Encoding;

base::Expected<ClientRequest> ask(const Texts& message) {
    return zmws2().decode_request(frames(message));
}

base::Expected<WorkerSaid> hear(const Texts& message) {
    return zmws2().decode_worker(frames(message));
}

const std::string kStatusEnd = "STR-REV [" + kJobText + "]";

}  // namespace

TEST_CASE("zmws2: a request in each of its spellings") {
    for (const bool delimiter : {false, true}) {
        for (const bool params : {false, true}) {
            for (const std::string service :
                 {"STR-REV", "SYNC-STR-REV", "JOB: STR-REV", "JOB: SYNC-STR-REV"}) {
                Texts message = delimiter ? Texts{"", "MDPC02", "1"} : Texts{"MDPC02", "1"};
                if (params) {
                    message.emplace_back("PARAM-JSON: {\"a\": \"b: c\"}");
                }
                message.push_back(service);
                const auto request = ask(message);
                REQUIRE(request);
                CHECK(request->service == "STR-REV");
                CHECK(request->sync == (service.find("SYNC-") != std::string::npos));
                CHECK(request->params ==
                      (params ? payload(Encoding::Json, "{\"a\": \"b: c\"}") : model::Payload{}));
            }
        }
    }
}

TEST_CASE("zmws2: params and options come in any order, and empty frames are none") {
    const std::string param = "PARAM-MSGPACK: \x05";
    const std::string option =
        "OPTION-MSGPACK: \x81\xA5"
        "delay\xA3"
        "30s";
    for (const Texts& message : {Texts{"MDPC02", "1", param, option, "X"},
                                 Texts{"MDPC02", "1", option, param, "X"},
                                 Texts{"", "MDPC02", "1", "", option, "", param, "JOB: X"}}) {
        const auto request = ask(message);
        REQUIRE(request);
        CHECK(request->service == "X");
        CHECK(request->params == payload(Encoding::Msgpack, "\x05"));
        CHECK(request->options.delay == std::chrono::seconds(30));
    }
    const auto empty = ask({"MDPC02", "1", "", "X"});
    REQUIRE(empty);
    CHECK(empty->params.encoding == Encoding::Absent);
}

TEST_CASE("zmws2: what is no request is refused with the rule it breaks") {
    const auto code_of = [](const Texts& message) { return ask(message).error().code; };
    CHECK(code_of({}) == Errc::Malformed);
    CHECK(code_of({""}) == Errc::Malformed);
    CHECK(code_of({"MDPC02"}) == Errc::Malformed);
    CHECK(code_of({"MDPC02", "1"}) == Errc::Malformed);
    CHECK(code_of({"MDPC02", "1", ""}) == Errc::Malformed);
    CHECK(code_of({"MDPC02", "1", "JOB: SYNC-"}) == Errc::Malformed);
    CHECK(code_of({"MDPC02", "1", "PARAM-JSON: 1", "PARAM-JSON: 2", "X"}) == Errc::Malformed);
    CHECK(code_of({"MDPC02", "2", "X"}) == Errc::UnknownCommand);
    CHECK(code_of({"MDPC02", "11", "X"}) == Errc::UnknownCommand);
    CHECK(code_of({"MDPC02", "1", "OPTION-JSON: {\"x\": 1}", "X"}) == Errc::UnknownOption);
    CHECK(code_of({"MDPC02", "1", "PARAM-PHP: r:1;", "X"}) == Errc::BadParams);
}

TEST_CASE("zmws2: replies mirror the delimiter") {
    CHECK(texts(zmws2().encode_taken(kDelimited2, "STR-REV", kJob)) ==
          Texts{"", "MDPC02", "3", "STR-REV", "JOB: " + kJobText + " STR-REV"});
    CHECK(texts(zmws2().encode_taken(kBare2, "STR-REV", kJob)) ==
          Texts{"MDPC02", "3", "STR-REV", "JOB: " + kJobText + " STR-REV"});
}

TEST_CASE("zmws2: a result is header, type 3, service, status line and params") {
    const auto json = payload(Encoding::Json, "1");
    CHECK(texts(zmws2().encode_result(kDelimited2, result_of(true, "", json))) ==
          Texts{"", "MDPC02", "3", "STR-REV", "COMPLETE: " + kStatusEnd, "PARAM-JSON: 1"});
    CHECK(texts(zmws2().encode_result(kBare2, result_of(true, ""))) ==
          Texts{"MDPC02", "3", "STR-REV", "COMPLETE: " + kStatusEnd, ""});
    CHECK(texts(zmws2().encode_result(kBare2, result_of(false, "why"))) ==
          Texts{"MDPC02", "3", "STR-REV", "FAIL: " + kStatusEnd, "PARAM-JSON: \"why\""});
    CHECK(texts(zmws2().encode_result(kBare2, result_of(false, "why", json))) ==
          Texts{"MDPC02", "3", "STR-REV", "FAIL: " + kStatusEnd, "PARAM-JSON: 1"});
}

TEST_CASE("zmws2: a partial result has the type 2 and a CONT line") {
    CHECK(texts(zmws2().encode_partial(
              kDelimited2, "STR-REV", kJob, payload(Encoding::Php, "b:1;"))) ==
          Texts{"", "MDPC02", "2", "STR-REV", "CONT: " + kStatusEnd, "PARAM-PHP: b:1;"});
    CHECK(texts(zmws2().encode_partial(kBare2, "STR-REV", kJob, {})) ==
          Texts{"MDPC02", "2", "STR-REV", "CONT: " + kStatusEnd, ""});
}

TEST_CASE("zmws2: a refusal is FAIL with the service, then the reason") {
    CHECK(texts(zmws2().encode_refusal(kDelimited2, "X", "nobody")) ==
          Texts{"", "MDPC02", "3", "X", "FAIL: X", "PARAM-JSON: \"nobody\""});
    CHECK(texts(zmws2().encode_refusal(kBare2, "", "no service")) ==
          Texts{"MDPC02", "3", "", "FAIL: no service", "PARAM-JSON: \"no service\""});
}

TEST_CASE("zmws2: the answer to a SERVER- request stands behind header, type and service") {
    CHECK(texts(zmws2().encode_answer(kDelimited2, "SERVER-HIST", "[]")) ==
          Texts{"", "MDPC02", "3", "SERVER-HIST", "[]"});
    CHECK(texts(zmws2().encode_answer(kBare2, "SERVER-HIST", "[]")) ==
          Texts{"MDPC02", "3", "SERVER-HIST", "[]"});
}

TEST_CASE("zmws2: a worker announces its service and beats") {
    const auto ready = hear({"MDPC02", "3", "STR-REV", "READY"});
    REQUIRE(ready);
    REQUIRE(std::holds_alternative<WorkerReadyFor>(*ready));
    CHECK(std::get<WorkerReadyFor>(*ready).service == "STR-REV");
    for (const Texts& message : {Texts{"HEARTBEAT"},
                                 Texts{"", "HEARTBEAT"},
                                 Texts{"MDPC02", "3", "HEARTBEAT"},
                                 Texts{"MDPC02", "3", "STR-REV", "HEARTBEAT"}}) {
        const auto beat = hear(message);
        REQUIRE(beat);
        CHECK(std::holds_alternative<WorkerBeat>(*beat));
    }
    CHECK(texts(zmws2().encode_heartbeat(kBare2)) == Texts{"HEARTBEAT"});
}

TEST_CASE("zmws2: a job for a worker starts with the empty frame that PHP workers drop") {
    CHECK(texts(zmws2().encode_job(kBare2, kAttempt, payload(Encoding::Json, "[1]"))) ==
          Texts{"", "MDPC02", "1", "PARAM-JSON: [1]", "JOB: " + kJobText});
    CHECK(texts(zmws2().encode_job(kDelimited2, kAttempt, {})) ==
          Texts{"", "MDPC02", "1", "", "JOB: " + kJobText});
}

TEST_CASE("zmws2: a worker's partial result counts by its CONT line, whatever its type") {
    for (const std::string type : {"2", "3", "\x02", ""}) {
        for (const bool params : {false, true}) {
            Texts message{"MDPC02", type, "S"};
            if (params) {
                message.emplace_back("PARAM-JSON: 1");
            }
            message.push_back("CONT: " + kJobText);
            const auto said = hear(message);
            REQUIRE(said);
            REQUIRE(std::holds_alternative<WorkerPartial>(*said));
            CHECK(std::get<WorkerPartial>(*said).attempt == model::Attempt{kJob, 0});
            CHECK(std::get<WorkerPartial>(*said).data ==
                  (params ? payload(Encoding::Json, "1") : model::Payload{}));
        }
    }
}

TEST_CASE("zmws2: a worker's final result names the job, with or without params") {
    for (const bool succeeded : {false, true}) {
        const std::string line = (succeeded ? "COMPLETE: " : "FAIL: ") + kJobText;
        for (const Texts& message : {Texts{"MDPC02", "3", "S", line},
                                     Texts{"", "MDPC02", "3", "S", "", line},
                                     Texts{"MDPC02", "3", "S", "PARAM-JSON: 2", line}}) {
            const auto said = hear(message);
            REQUIRE(said);
            REQUIRE(std::holds_alternative<WorkerDone>(*said));
            CHECK(std::get<WorkerDone>(*said).attempt == model::Attempt{kJob, 0});
            CHECK(std::get<WorkerDone>(*said).succeeded == succeeded);
            CHECK(
                std::get<WorkerDone>(*said).result ==
                (message[3] == "PARAM-JSON: 2" ? payload(Encoding::Json, "2") : model::Payload{}));
        }
    }
}

TEST_CASE("zmws2: what a worker cannot mean is refused") {
    for (const Texts& message : {Texts{},
                                 Texts{"MDPC02"},
                                 Texts{"MDPC02", "3"},
                                 Texts{"MDPC02", "3", "READY"},
                                 Texts{"MDPC02", "3", "", "READY"},
                                 Texts{"MDPC02", "3", "S", "PARAM-JSON: 1", "READY"},
                                 Texts{"MDPC02", "3", "S", "DONE"},
                                 Texts{"MDPC02", "3", "S", "FAIL: nonsense"},
                                 Texts{"MDPW02", "3", "S", "READY"},
                                 Texts{"MDPC02", "3", "S", "a", "b", "FAIL: " + kJobText}}) {
        const auto said = hear(message);
        REQUIRE_FALSE(said);
        CHECK(said.error().code == Errc::Malformed);
    }
}

TEST_CASE("zmws2: there is no disconnect") {
    CHECK(zmws2().encode_disconnect(kBare2) == std::nullopt);
}

}  // namespace steward::wire::zmws2_tests
