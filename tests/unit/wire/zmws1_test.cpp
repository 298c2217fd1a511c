// tests/unit/wire: ZMWS's documented form, both directions, frame by frame.
#include "common/wire/zmws1.hpp"

#include <doctest/doctest.h>

#include "common/model/limits.hpp"
#include "tests/unit/wire/frames_text.hpp"

namespace steward::wire::zmws1_tests {
namespace {

using namespace test;
using base::Errc;
using model::Encoding;

base::Expected<ClientRequest> ask(const Texts& message) {
    return zmws1().decode_request(frames(message));
}

base::Expected<WorkerSaid> hear(const Texts& message) {
    return zmws1().decode_worker(frames(message));
}

}  // namespace

TEST_CASE("zmws1: a request is an optional delimiter, optional params and the service") {
    for (const bool delimiter : {false, true}) {
        for (const bool params : {false, true}) {
            for (const bool sync : {false, true}) {
                Texts message = delimiter ? Texts{""} : Texts{};
                if (params) {
                    message.emplace_back("PARAM-JSON: {\"a\": 1}");
                }
                message.emplace_back(sync ? "JOB: SYNC-STR-REV" : "JOB: STR-REV");
                const auto request = ask(message);
                REQUIRE(request);
                CHECK(request->service == "STR-REV");
                CHECK(request->sync == sync);
                CHECK(request->options.sync == sync);
                CHECK(request->params ==
                      (params ? payload(Encoding::Json, "{\"a\": 1}") : model::Payload{}));
            }
        }
    }
}

TEST_CASE("zmws1: params and options come in any order, and empty frames are none") {
    const std::string param = "PARAM-PHP: i:5;";
    const std::string option = "OPTION-JSON: {\"priority\": \"high\"}";
    for (const Texts& message : {Texts{param, option, "JOB: X"},
                                 Texts{option, param, "JOB: X"},
                                 Texts{"", param, option, "JOB: X"},
                                 Texts{"", "", option, param, "", "JOB: X"}}) {
        const auto request = ask(message);
        REQUIRE(request);
        CHECK(request->params == payload(Encoding::Php, "i:5;"));
        CHECK(request->options.priority == model::kPriorityHigh);
        CHECK_FALSE(request->sync);
    }
    const auto empty = ask({"", "", "JOB: X"});
    REQUIRE(empty);
    CHECK(empty->params.encoding == Encoding::Absent);
}

TEST_CASE("zmws1: the sync option is as good as the prefix") {
    const auto request = ask({"OPTION-JSON: {\"sync\": true}", "JOB: X"});
    REQUIRE(request);
    CHECK(request->sync);
    CHECK(request->options.sync);
}

TEST_CASE("zmws1: what is no request is refused with the rule it breaks") {
    const auto code_of = [](const Texts& message) { return ask(message).error().code; };
    CHECK(code_of({}) == Errc::Malformed);
    CHECK(code_of({""}) == Errc::Malformed);
    CHECK(code_of({"X"}) == Errc::Malformed);
    CHECK(code_of({"JOB:X"}) == Errc::Malformed);
    CHECK(code_of({"JOB: "}) == Errc::Malformed);
    CHECK(code_of({"JOB: SYNC-"}) == Errc::Malformed);
    CHECK(code_of({"JOB: X", "PARAM-JSON: 1"}) == Errc::Malformed);
    CHECK(code_of({"PARAM-JSON: 1", "PARAM-JSON: 2", "JOB: X"}) == Errc::Malformed);
    CHECK(code_of({"OPTION-JSON: {}", "OPTION-JSON: {}", "JOB: X"}) == Errc::Malformed);
    CHECK(code_of({"OPTION-JSON: {\"prio\": 1}", "JOB: X"}) == Errc::UnknownOption);
    CHECK(code_of({"OPTION-JSON: {\"priority\": []}", "JOB: X"}) == Errc::BadOption);
    CHECK(code_of({"OPTION-XML: <a/>", "JOB: X"}) == Errc::BadOption);
    CHECK(code_of({"OPTION-JSON: " + std::string(model::kOptionFrameBytesMax, ' '), "JOB: X"}) ==
          Errc::TooLarge);
    CHECK(code_of({"PARAM: O:1:\"A\":0:{}", "JOB: X"}) == Errc::BadParams);
}

TEST_CASE("zmws1: a receipt names the job and the service") {
    for (const bool delimiter : {false, true}) {
        const Form form{DialectId::Zmws1, delimiter};
        CHECK(texts(zmws1().encode_taken(form, "STR-REV", kJob)) ==
              Texts{"", "JOB: " + kJobText + " STR-REV"});
    }
}

TEST_CASE("zmws1: a result is a status line and the params") {
    const auto json = payload(Encoding::Json, "\"cba\"");
    CHECK(texts(zmws1().encode_result(kBare1, result_of(true, "", json))) ==
          Texts{"", "COMPLETE: STR-REV [" + kJobText + "]", "PARAM-JSON: \"cba\""});
    CHECK(texts(zmws1().encode_result(kBare1, result_of(true, ""))) ==
          Texts{"", "COMPLETE: STR-REV [" + kJobText + "]", ""});
    CHECK(texts(zmws1().encode_result(kBare1, result_of(false, "why", json))) ==
          Texts{"", "FAIL: STR-REV [" + kJobText + "]", "PARAM-JSON: \"cba\""});
    CHECK(texts(zmws1().encode_result(kBare1, result_of(false, "no \"such\" file"))) ==
          Texts{"", "FAIL: STR-REV [" + kJobText + "]", "PARAM-JSON: \"no \\\"such\\\" file\""});
    CHECK(texts(zmws1().encode_result(kBare1, result_of(false, "why", {}, Encoding::Php))) ==
          Texts{"", "FAIL: STR-REV [" + kJobText + "]", "PARAM-PHP: s:3:\"why\";"});
    CHECK(texts(zmws1().encode_result(kBare1, result_of(false, "why", {}, Encoding::Msgpack))) ==
          Texts{"", "FAIL: STR-REV [" + kJobText + "]", "PARAM-MSGPACK: \xA3why"});
    CHECK(texts(zmws1().encode_result(kBare1, result_of(false, ""))) ==
          Texts{"", "FAIL: STR-REV [" + kJobText + "]", ""});
}

TEST_CASE("zmws1: a partial result is a CONT line and the params") {
    CHECK(texts(zmws1().encode_partial(kBare1, "S", kJob, payload(Encoding::Json, "1"))) ==
          Texts{"", "CONT: S [" + kJobText + "]", "PARAM-JSON: 1"});
    CHECK(texts(zmws1().encode_partial(kBare1, "S", kJob, {})) ==
          Texts{"", "CONT: S [" + kJobText + "]", ""});
}

TEST_CASE("zmws1: a refusal is FAIL with the service, then the reason") {
    CHECK(texts(zmws1().encode_refusal(kBare1, "X", "nobody serves it")) ==
          Texts{"", "FAIL: X", "PARAM-JSON: \"nobody serves it\""});
    CHECK(texts(zmws1().encode_refusal(kBare1, "X", "")) == Texts{"", "FAIL: X", ""});
    CHECK(texts(zmws1().encode_refusal(kBare1, "", "two\nlines")) ==
          Texts{"", "FAIL: two\\x0alines", "PARAM-JSON: \"two\\nlines\""});
}

TEST_CASE("zmws1: the answer to a SERVER- request is one document") {
    CHECK(texts(zmws1().encode_answer(kBare1, "SERVER-JOBS", "[]")) == Texts{"", "[]"});
}

TEST_CASE("zmws1: a worker announces its service") {
    const auto said = hear({"STR-REV", "READY"});
    REQUIRE(said);
    REQUIRE(std::holds_alternative<WorkerReadyFor>(*said));
    CHECK(std::get<WorkerReadyFor>(*said).service == "STR-REV");
}

TEST_CASE("zmws1: a worker's heartbeat is one frame") {
    const auto said = hear({"HEARTBEAT"});
    REQUIRE(said);
    CHECK(std::holds_alternative<WorkerBeat>(*said));
    CHECK(texts(zmws1().encode_heartbeat(kBare1)) == Texts{"HEARTBEAT"});
}

TEST_CASE("zmws1: a job for a worker survives the two frames that PHP workers drop") {
    const auto job = texts(zmws1().encode_job(kBare1, kAttempt, payload(Encoding::Json, "[1]")));
    REQUIRE(job.size() == 4);
    CHECK_FALSE(job[0].empty());
    CHECK(job[1].empty());
    CHECK(job[2] == "PARAM-JSON: [1]");
    CHECK(job[3] == "JOB: " + kJobText);
    CHECK(texts(zmws1().encode_job(kBare1, kAttempt, {}))[2].empty());
}

TEST_CASE("zmws1: a worker's partial and final results name the job, with or without params") {
    const auto partial = hear({"PARAM-JSON: 1", "S", "CONT: " + kJobText});
    REQUIRE(partial);
    REQUIRE(std::holds_alternative<WorkerPartial>(*partial));
    CHECK(std::get<WorkerPartial>(*partial).attempt == model::Attempt{kJob, 0});
    CHECK(std::get<WorkerPartial>(*partial).data == payload(Encoding::Json, "1"));
    for (const bool succeeded : {false, true}) {
        const std::string line = (succeeded ? "COMPLETE: " : "FAIL: ") + kJobText;
        const auto bare = hear({"S", line});
        REQUIRE(bare);
        REQUIRE(std::holds_alternative<WorkerDone>(*bare));
        CHECK(std::get<WorkerDone>(*bare).attempt == model::Attempt{kJob, 0});
        CHECK(std::get<WorkerDone>(*bare).succeeded == succeeded);
        CHECK(std::get<WorkerDone>(*bare).result == model::Payload{});
        const auto full = hear({"PARAM-PHP: N;", "S", line});
        REQUIRE(full);
        CHECK(std::get<WorkerDone>(*full).result == payload(Encoding::Php, "N;"));
        const auto empty = hear({"", "S", line});
        REQUIRE(empty);
        CHECK(std::get<WorkerDone>(*empty).result == model::Payload{});
    }
}

TEST_CASE("zmws1: what a worker cannot mean is refused") {
    for (const Texts& message : {Texts{},
                                 Texts{""},
                                 Texts{"READY"},
                                 Texts{"", "READY"},
                                 Texts{"PARAM-JSON: 1", "S", "READY"},
                                 Texts{"S", "DONE: " + kJobText},
                                 Texts{"S", "COMPLETE: "},
                                 Texts{"S", "COMPLETE: 12AB-34CD"},
                                 Texts{"S", "COMPLETE: " + kToken},
                                 Texts{"COMPLETE: " + kJobText},
                                 Texts{"a", "b", "S", "COMPLETE: " + kJobText}}) {
        const auto said = hear(message);
        REQUIRE_FALSE(said);
        CHECK(said.error().code == Errc::Malformed);
    }
}

TEST_CASE("zmws1: there is no disconnect") {
    CHECK(zmws1().encode_disconnect(kBare1) == std::nullopt);
}

}  // namespace steward::wire::zmws1_tests
