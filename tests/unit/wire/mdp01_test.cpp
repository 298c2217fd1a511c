// tests/unit/wire: the Majordomo Protocol 0.1, both directions, frame by frame.
#include "common/wire/mdp01.hpp"

#include <doctest/doctest.h>

#include "tests/unit/wire/frames_text.hpp"

namespace steward::wire::mdp01_tests {
namespace {

using namespace test;
using base::Errc;
using model::Encoding;

base::Expected<ClientRequest> ask(const Texts& message) {
    return mdp01().decode_request(frames(message));
}

base::Expected<WorkerSaid> hear(const Texts& message) {
    return mdp01().decode_worker(frames(message));
}

}  // namespace

TEST_CASE("MDP/0.1: a request is synchronous and its body opaque") {
    const auto request = ask({"", "MDPC01", "echo", "PARAM-JSON: 1"});
    REQUIRE(request);
    CHECK(request->service == "echo");
    CHECK(request->sync);
    CHECK(request->options.sync);
    CHECK(request->params == payload(Encoding::Opaque, "PARAM-JSON: 1"));
}

TEST_CASE("MDP/0.1: no prefix of ZMWS is taken out of a service's name") {
    const auto request = ask({"", "MDPC01", "SYNC-echo", "x"});
    REQUIRE(request);
    CHECK(request->service == "SYNC-echo");
}

TEST_CASE("MDP/0.1: what is no request is refused") {
    for (const Texts& message : {Texts{},
                                 Texts{""},
                                 Texts{"", "MDPC01"},
                                 Texts{"", "MDPC01", ""},
                                 Texts{"", "MDPC02", "echo"},
                                 Texts{"", "", "MDPC01", "echo"}}) {
        REQUIRE_FALSE(ask(message));
        CHECK(ask(message).error().code == Errc::Malformed);
    }
}

TEST_CASE("MDP/0.1: a reply is header, service and body") {
    CHECK(texts(mdp01().encode_result(kMdp01,
                                      result_of(true, "", payload(Encoding::Opaque, "cba")))) ==
          Texts{"", "MDPC01", "STR-REV", "cba"});
    CHECK(texts(mdp01().encode_result(kMdp01, result_of(true, ""))) ==
          Texts{"", "MDPC01", "STR-REV", ""});
    CHECK(
        texts(mdp01().encode_result(kMdp01, result_of(true, "", payload(Encoding::Json, "[1]")))) ==
        Texts{"", "MDPC01", "STR-REV", "[1]"});
    const Form without{DialectId::Mdp01, false};
    CHECK(texts(mdp01().encode_result(without, result_of(true, ""))) ==
          Texts{"MDPC01", "STR-REV", ""});
}

TEST_CASE("MDP/0.1: a failure is one body frame with its reason") {
    const auto rest = payload(Encoding::Json, "\"rest\"");
    CHECK(texts(mdp01().encode_result(kMdp01, result_of(false, "no disk"))) ==
          Texts{"", "MDPC01", "STR-REV", "FAIL: no disk"});
    CHECK(texts(mdp01().encode_result(kMdp01, result_of(false, "no disk", rest))) ==
          Texts{"", "MDPC01", "STR-REV", "FAIL: no disk"});
    CHECK(texts(mdp01().encode_result(kMdp01, result_of(false, "", rest))) ==
          Texts{"", "MDPC01", "STR-REV", "FAIL: \"rest\""});
    CHECK(texts(mdp01().encode_refusal(kMdp01, "echo", "the queue is full")) ==
          Texts{"", "MDPC01", "echo", "FAIL: the queue is full"});
}

TEST_CASE("MDP/0.1: neither a receipt nor a partial result exists") {
    CHECK(mdp01().encode_taken(kMdp01, "echo", kJob).empty());
    CHECK(mdp01().encode_partial(kMdp01, "echo", kJob, payload(Encoding::Opaque, "x")).empty());
}

TEST_CASE("MDP/0.1: the broker's own answers are replies like others") {
    CHECK(texts(mdp01().encode_answer(kMdp01, "mmi.service", "200")) ==
          Texts{"", "MDPC01", "mmi.service", "200"});
}

TEST_CASE("MDP/0.1: a worker is ready, beats and leaves") {
    const auto ready = hear({"", "MDPW01", "\x01", "echo"});
    REQUIRE(ready);
    REQUIRE(std::holds_alternative<WorkerReadyFor>(*ready));
    CHECK(std::get<WorkerReadyFor>(*ready).service == "echo");
    const auto beat = hear({"", "MDPW01", "\x04"});
    REQUIRE(beat);
    CHECK(std::holds_alternative<WorkerBeat>(*beat));
    const auto gone = hear({"", "MDPW01", "\x05"});
    REQUIRE(gone);
    CHECK(std::holds_alternative<WorkerGone>(*gone));
}

TEST_CASE("MDP/0.1: a worker gets jobs, heartbeats and disconnects") {
    CHECK(texts(mdp01().encode_job(kMdp01, kAttempt, payload(Encoding::Opaque, "abc"))) ==
          Texts{"", "MDPW01", "\x02", kToken, "", "abc"});
    CHECK(texts(mdp01().encode_job(kMdp01, kAttempt, {})) ==
          Texts{"", "MDPW01", "\x02", kToken, "", ""});
    CHECK(texts(mdp01().encode_heartbeat(kMdp01)) == Texts{"", "MDPW01", "\x04"});
    const auto bye = mdp01().encode_disconnect(kMdp01);
    REQUIRE(bye);
    CHECK(texts(*bye) == Texts{"", "MDPW01", "\x05"});
}

TEST_CASE("MDP/0.1: a worker's reply brings back the job, the attempt and the body") {
    const auto said = hear({"", "MDPW01", "\x03", kToken, "", "cba"});
    REQUIRE(said);
    REQUIRE(std::holds_alternative<WorkerDone>(*said));
    CHECK(std::get<WorkerDone>(*said).attempt == kAttempt);
    CHECK(std::get<WorkerDone>(*said).succeeded);
    CHECK(std::get<WorkerDone>(*said).result == payload(Encoding::Opaque, "cba"));
}

TEST_CASE("MDP/0.1: what a worker cannot mean is refused") {
    const auto code_of = [](const Texts& message) { return hear(message).error().code; };
    CHECK(code_of({}) == Errc::Malformed);
    CHECK(code_of({"", "MDPW01"}) == Errc::Malformed);
    CHECK(code_of({"", "MDPW01", "\x01"}) == Errc::Malformed);
    CHECK(code_of({"", "MDPW01", "\x01", ""}) == Errc::Malformed);
    CHECK(code_of({"", "MDPW01", "\x01", "a", "b"}) == Errc::Malformed);
    CHECK(code_of({"", "MDPW01", "\x03"}) == Errc::Malformed);
    CHECK(code_of({"", "MDPW01", "\x03", kToken}) == Errc::Malformed);
    CHECK(code_of({"", "MDPW01", "\x03", kToken, "x"}) == Errc::Malformed);
    CHECK(code_of({"", "MDPW01", "\x03", "stranger", "", "x"}) == Errc::Malformed);
    CHECK(code_of({"", "MDPW01", "\x02", kToken, "", "x"}) == Errc::UnknownCommand);
    CHECK(code_of({"", "MDPW01", "\x06"}) == Errc::UnknownCommand);
    CHECK(code_of({"", "MDPW01", "1", "echo"}) == Errc::UnknownCommand);
    CHECK(code_of({"", "MDPW01", std::string("\x01\x00", 2), "echo"}) == Errc::UnknownCommand);
}

}  // namespace steward::wire::mdp01_tests
