// tests/unit/wire: faults that the forebears' codecs have had, each as a test that ours has not.
#include <doctest/doctest.h>

#include "common/wire/params.hpp"
#include "tests/unit/wire/frames_text.hpp"

namespace steward::wire {
namespace {

using namespace test;
using model::Encoding;

// Bodies that were lost, dropped or rewritten somewhere.
std::vector<std::string> hard_bodies() {
    return {"",
            "0",
            std::string(1, '\0'),
            std::string(1U << 20U, '\0'),
            "@" + std::string(32, 'a'),
            "@" + std::string(34, 'a'),
            std::string(17, '\xFF'),
            "PARAM-JSON: {\"a\": \"b: c\"}",
            "JOB: X",
            "READY",
            "HEARTBEAT",
            "MDPC02"};
}

ClientRequest request_in(DialectId id, const Texts& message) {
    auto request = dialect(id).decode_request(frames(message));
    REQUIRE(request);
    return *request;
}

model::Payload done_in(DialectId id, const Frames& message) {
    auto said = dialect(id).decode_worker(message);
    REQUIRE(said);
    REQUIRE(std::holds_alternative<WorkerDone>(*said));
    return std::get<WorkerDone>(*said).result;
}

}  // namespace

TEST_CASE("Byte 0x01 and digit 1 are both accepted and each answered in kind") {
    const auto by_digit = detect_client(frames({"", "MDPC02", "1", "SYNC-X"}));
    const auto by_byte = detect_client(frames({"", "MDPC02", "\x01", "X", "body"}));
    REQUIRE(by_digit);
    REQUIRE(by_byte);
    CHECK(request_in(by_digit->dialect, {"", "MDPC02", "1", "SYNC-X"}).service == "X");
    CHECK(request_in(by_byte->dialect, {"", "MDPC02", "\x01", "X", "body"}).service == "X");
    const auto digit = dialect(by_digit->dialect).encode_result(*by_digit, result_of(true, ""));
    const auto byte = dialect(by_byte->dialect).encode_result(*by_byte, result_of(true, ""));
    CHECK(texts(digit)[2] == "3");
    CHECK(texts(byte)[2] == "\x03");
}

TEST_CASE("The frames that the old ZMWS client sends are understood") {
    const Texts message{"PARAM-JSON: {\"sleep\": 2}", "JOB: SYNC-SLEEP"};
    const auto form = detect_client(frames(message));
    REQUIRE(form);
    const ClientRequest request = request_in(form->dialect, message);
    CHECK(request.service == "SLEEP");
    CHECK(request.sync);
    CHECK(request.params == payload(Encoding::Json, "{\"sleep\": 2}"));
}

TEST_CASE("A stream goes from every worker dialect that has one to every client dialect that has") {
    const Texts beginnings[] = {{"PARAM-JSON: 1", "S", "CONT: " + kJobText},
                                {"MDPC02", "3", "S", "PARAM-JSON: 1", "CONT: " + kJobText},
                                {"MDPW02", "\x03", kToken, "", "1"}};
    for (const Texts& message : beginnings) {
        const auto from = detect_worker(frames(message));
        REQUIRE(from);
        const auto said = dialect(from->dialect).decode_worker(frames(message));
        REQUIRE(said);
        REQUIRE(std::holds_alternative<WorkerPartial>(*said));
        const auto& data = std::get<WorkerPartial>(*said).data;
        const auto json = convert_params(data, Encoding::Json);
        CHECK(texts(dialect(DialectId::Zmws1).encode_partial(kBare1, "S", kJob, json)).back() ==
              "PARAM-JSON: 1");
        CHECK(texts(dialect(DialectId::Zmws2).encode_partial(kBare2, "S", kJob, json)).back() ==
              "PARAM-JSON: 1");
        CHECK(texts(dialect(DialectId::Mdp02).encode_partial(kMdp02, "S", kJob, data)).back() ==
              "1");
    }
}

TEST_CASE("Majordomo bodies round-trip to the byte, whatever is in them") {
    std::vector<Texts> bodies;
    for (const std::string& body : hard_bodies()) {
        bodies.push_back({body});
    }
    bodies.push_back({"", ""});
    bodies.push_back({"", "0", std::string(3, '\0'), ""});
    bodies.push_back({"a", "", "b"});
    bodies.emplace_back(Texts(64, ""));
    for (const Texts& body : bodies) {
        for (const DialectId id : {DialectId::Mdp01, DialectId::Mdp02}) {
            const bool first = id == DialectId::Mdp01;
            Texts message = first ? Texts{"", "MDPC01", "S"} : Texts{"MDPC02", "\x01", "S"};
            message.insert(message.end(), body.begin(), body.end());
            const model::Payload params = request_in(id, message).params;
            CHECK(params.encoding == (body.size() == 1 ? Encoding::Opaque : Encoding::Frames));

            const Form form{id, first};
            const Frames job = dialect(id).encode_job(form, kAttempt, params);
            const Texts shown = texts(job);
            CHECK(Texts(shown.end() - static_cast<std::ptrdiff_t>(body.size()), shown.end()) ==
                  body);

            Texts reply = first ? Texts{"", "MDPW01", "\x03", kToken, ""}
                                : Texts{"MDPW02", "\x04", kToken, ""};
            reply.insert(reply.end(), body.begin(), body.end());
            const model::Payload result = done_in(id, frames(reply));
            CHECK(result == params);
            const Texts final_reply =
                texts(dialect(id).encode_result(form, result_of(true, "", result)));
            CHECK(Texts(final_reply.begin() + 3, final_reply.end()) == body);
        }
    }
}

TEST_CASE("A request without any body frame has no params, and its worker gets an empty body") {
    const auto params = request_in(DialectId::Mdp01, {"", "MDPC01", "S"}).params;
    CHECK(params.encoding == Encoding::Absent);
    CHECK(texts(dialect(DialectId::Mdp02).encode_job(kMdp02, kAttempt, params)).back().empty());
}

TEST_CASE("ZMWS params round-trip to the byte, whatever is in them") {
    for (const std::string& body : hard_bodies()) {
        const Texts param = {"PARAM-MSGPACK: " + body};
        const auto first = request_in(DialectId::Zmws1, {param[0], "JOB: S"}).params;
        const auto second = request_in(DialectId::Zmws2, {"MDPC02", "1", param[0], "S"}).params;
        CHECK(first == payload(Encoding::Msgpack, body));
        CHECK(second == first);
        CHECK(texts(dialect(DialectId::Zmws1).encode_job(kBare1, kAttempt, first))[2] == param[0]);
        CHECK(texts(dialect(DialectId::Zmws2).encode_job(kBare2, kAttempt, first))[3] == param[0]);
        CHECK(done_in(DialectId::Zmws1, frames({param[0], "S", "COMPLETE: " + kJobText})) == first);
        CHECK(done_in(DialectId::Zmws2,
                      frames({"MDPC02", "3", "S", param[0], "COMPLETE: " + kJobText})) == first);
    }
}

TEST_CASE("A frame \"0\" is params, never a missing frame") {
    CHECK(request_in(DialectId::Zmws1, {"0", "JOB: S"}).params == payload(Encoding::Opaque, "0"));
    CHECK(request_in(DialectId::Zmws2, {"MDPC02", "1", "0", "S"}).params ==
          payload(Encoding::Opaque, "0"));
    CHECK(request_in(DialectId::Zmws2, {"MDPC02", "1", "0"}).service == "0");
    CHECK(texts(dialect(DialectId::Zmws2)
                    .encode_job(kBare2, kAttempt, payload(Encoding::Opaque, "0")))[3] == "0");
}

TEST_CASE("A service's name never becomes the params of a request that has none") {
    for (const Texts& message : {Texts{"MDPC02", "1", "STR-REV"},
                                 Texts{"", "MDPC02", "1", "STR-REV"},
                                 Texts{"", "MDPC02", "1", "", "JOB: SYNC-STR-REV"}}) {
        const auto request = request_in(DialectId::Zmws2, message);
        CHECK(request.service == "STR-REV");
        CHECK(request.params == model::Payload{});
    }
    CHECK(request_in(DialectId::Zmws1, {"", "JOB: STR-REV"}).params == model::Payload{});
}

TEST_CASE("Majordomo bodies of a ZMWS look reach a ZMWS worker, PHP objects only as text") {
    const auto zmws = [](std::string_view body) {
        return texts(dialect(DialectId::Zmws2)
                         .encode_job(kBare2, kAttempt, payload(Encoding::Opaque, body)))[3];
    };
    CHECK(zmws("PARAM-JSON: [1]") == "PARAM-JSON: [1]");
    CHECK(zmws("PARAM-PHP: i:1;") == "PARAM-PHP: i:1;");
    CHECK(zmws("PARAM-PHP: O:1:\"A\":0:{}") == "PARAM-JSON: \"PARAM-PHP: O:1:\\\"A\\\":0:{}\"");
    CHECK(zmws("PARAM: R:1;") == "PARAM-JSON: \"PARAM: R:1;\"");
    const auto php = payload(Encoding::Php, "C:1:\"A\":0:{}");
    CHECK(texts(dialect(DialectId::Zmws1).encode_job(kBare1, kAttempt, php))[2] ==
          "PARAM-JSON: \"C:1:\\\"A\\\":0:{}\"");
}

TEST_CASE("Options reach a job from both dialects of ZMWS, beside its params, in any order") {
    const std::string options =
        R"(OPTION-JSON: {"run_at":"2026-11-24T12:00:00+02:00","unique":true,"group":"acme","after":[")" +
        kJobText + R"("]})";
    const std::string params = "PARAM-JSON: [1]";
    for (const Texts& message :
         {Texts{options, params, "JOB: S"}, Texts{params, options, "JOB: S"}}) {
        Texts second = message;
        second.insert(second.begin(), {"MDPC02", "1"});
        const ClientRequest by_first = request_in(DialectId::Zmws1, message);
        CHECK(by_first.options.run_at == base::WallTime(std::chrono::seconds(1'795'514'400)));
        CHECK(by_first.options.unique_params);
        CHECK(by_first.options.group == model::Label("acme"));
        CHECK(by_first.options.after == std::vector{kJob});
        CHECK(by_first.params == payload(Encoding::Json, "[1]"));
        CHECK(request_in(DialectId::Zmws2, second).options == by_first.options);
    }
}

TEST_CASE("SYNC- before the service and an option for async jobs alone are refused, not mixed") {
    for (const auto& [id, message] :
         {std::pair{DialectId::Zmws1, Texts{"OPTION-JSON: {\"wait\": 1}", "JOB: SYNC-S"}},
          std::pair{DialectId::Zmws2,
                    Texts{"MDPC02", "1", "OPTION-JSON: {\"wait\": 1}", "SYNC-S"}}}) {
        const auto request = dialect(id).decode_request(frames(message));
        REQUIRE_FALSE(request);
        CHECK(request.error().code == base::Errc::BadOption);
    }
}

TEST_CASE("A unique key of Gearman's that means \"the params\" is a key like any other here") {
    const auto options = parse_option_frame("OPTION-JSON: {\"unique\": \"-\"}");
    REQUIRE(options);
    CHECK(options->unique == model::Label("-"));
    CHECK_FALSE(options->unique_params);
}

TEST_CASE("A body of several frames reaches a ZMWS worker as a list") {
    const auto body = pack_frames(frames({"a", "", "b"}));
    CHECK(texts(dialect(DialectId::Zmws2).encode_job(kBare2, kAttempt, body))[3] ==
          "PARAM-JSON: [\"a\",\"\",\"b\"]");
}

}  // namespace steward::wire
