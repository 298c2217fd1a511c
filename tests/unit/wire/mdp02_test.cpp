// tests/unit/wire: the Majordomo Protocol 0.2, both directions, frame by frame.
#include "common/wire/mdp02.hpp"

#include <doctest/doctest.h>

#include "tests/unit/wire/frames_text.hpp"

namespace steward::wire::mdp02_tests {
namespace {

using namespace test;
using base::Errc;
using model::Encoding;

base::Expected<ClientRequest> ask(const Texts& message) {
    return mdp02().decode_request(frames(message));
}

base::Expected<WorkerSaid> hear(const Texts& message) {
    return mdp02().decode_worker(frames(message));
}

}  // namespace

TEST_CASE("MDP/0.2: a request is synchronous and its body opaque") {
    for (const Texts& message :
         {Texts{"MDPC02", "\x01", "echo", "abc"}, Texts{"", "MDPC02", "\x01", "echo", "abc"}}) {
        const auto request = ask(message);
        REQUIRE(request);
        CHECK(request->service == "echo");
        CHECK(request->sync);
        CHECK(request->params == payload(Encoding::Opaque, "abc"));
    }
}

TEST_CASE("MDP/0.2: what is no request is refused") {
    const auto code_of = [](const Texts& message) { return ask(message).error().code; };
    CHECK(code_of({}) == Errc::Malformed);
    CHECK(code_of({"MDPC02"}) == Errc::Malformed);
    CHECK(code_of({"MDPC02", "\x01"}) == Errc::Malformed);
    CHECK(code_of({"MDPC02", "\x01", ""}) == Errc::Malformed);
    CHECK(code_of({"MDPC01", "\x01", "echo"}) == Errc::Malformed);
    CHECK(code_of({"MDPC02", "", "echo"}) == Errc::UnknownCommand);
    CHECK(code_of({"MDPC02", "\x02", "echo"}) == Errc::UnknownCommand);
    CHECK(code_of({"MDPC02", "1", "echo"}) == Errc::UnknownCommand);
}

TEST_CASE("MDP/0.2: partial and final replies differ in their type alone") {
    const auto body = payload(Encoding::Opaque, "cba");
    CHECK(texts(mdp02().encode_partial(kMdp02, "echo", kJob, body)) ==
          Texts{"MDPC02", "\x02", "echo", "cba"});
    CHECK(texts(mdp02().encode_result(kMdp02, result_of(true, "", body))) ==
          Texts{"MDPC02", "\x03", "STR-REV", "cba"});
    CHECK(texts(mdp02().encode_result(kMdp02, result_of(true, ""))) ==
          Texts{"MDPC02", "\x03", "STR-REV", ""});
    const Form delimited{DialectId::Mdp02, true};
    CHECK(texts(mdp02().encode_result(delimited, result_of(true, "", body))) ==
          Texts{"", "MDPC02", "\x03", "STR-REV", "cba"});
}

TEST_CASE("MDP/0.2: a failure and a refusal are final, with one body frame") {
    CHECK(texts(mdp02().encode_result(kMdp02, result_of(false, "no disk"))) ==
          Texts{"MDPC02", "\x03", "STR-REV", "FAIL: no disk"});
    CHECK(texts(mdp02().encode_refusal(kMdp02, "echo", "full")) ==
          Texts{"MDPC02", "\x03", "echo", "FAIL: full"});
}

TEST_CASE("MDP/0.2: no receipt exists") {
    CHECK(mdp02().encode_taken(kMdp02, "echo", kJob).empty());
}

TEST_CASE("MDP/0.2: the broker's own answers are final replies") {
    CHECK(texts(mdp02().encode_answer(kMdp02, "SERVER-JOBS", "[]")) ==
          Texts{"MDPC02", "\x03", "SERVER-JOBS", "[]"});
}

TEST_CASE("MDP/0.2: a worker is ready, beats and leaves") {
    const auto ready = hear({"MDPW02", "\x01", "echo"});
    REQUIRE(ready);
    REQUIRE(std::holds_alternative<WorkerReadyFor>(*ready));
    CHECK(std::get<WorkerReadyFor>(*ready).service == "echo");
    const auto beat = hear({"MDPW02", "\x05"});
    REQUIRE(beat);
    CHECK(std::holds_alternative<WorkerBeat>(*beat));
    const auto gone = hear({"MDPW02", "\x06"});
    REQUIRE(gone);
    CHECK(std::holds_alternative<WorkerGone>(*gone));
}

TEST_CASE("MDP/0.2: a worker gets jobs, heartbeats and disconnects") {
    CHECK(texts(mdp02().encode_job(kMdp02, kAttempt, payload(Encoding::Opaque, "abc"))) ==
          Texts{"MDPW02", "\x02", kToken, "", "abc"});
    CHECK(texts(mdp02().encode_heartbeat(kMdp02)) == Texts{"MDPW02", "\x05"});
    const auto bye = mdp02().encode_disconnect(kMdp02);
    REQUIRE(bye);
    CHECK(texts(*bye) == Texts{"MDPW02", "\x06"});
}

TEST_CASE("MDP/0.2: a worker's partial and final results bring back the job and the attempt") {
    const auto partial = hear({"MDPW02", "\x03", kToken, "", "a"});
    REQUIRE(partial);
    REQUIRE(std::holds_alternative<WorkerPartial>(*partial));
    CHECK(std::get<WorkerPartial>(*partial).attempt == kAttempt);
    CHECK(std::get<WorkerPartial>(*partial).data == payload(Encoding::Opaque, "a"));
    const auto done = hear({"MDPW02", "\x04", kToken, "", "b"});
    REQUIRE(done);
    REQUIRE(std::holds_alternative<WorkerDone>(*done));
    CHECK(std::get<WorkerDone>(*done).attempt == kAttempt);
    CHECK(std::get<WorkerDone>(*done).succeeded);
    CHECK(std::get<WorkerDone>(*done).result == payload(Encoding::Opaque, "b"));
}

TEST_CASE("MDP/0.2: what a worker cannot mean is refused") {
    const auto code_of = [](const Texts& message) { return hear(message).error().code; };
    CHECK(code_of({}) == Errc::Malformed);
    CHECK(code_of({"MDPW02"}) == Errc::Malformed);
    CHECK(code_of({"MDPW01", "\x01", "echo"}) == Errc::Malformed);
    CHECK(code_of({"MDPW02", "\x01"}) == Errc::Malformed);
    CHECK(code_of({"MDPW02", "\x03", kToken}) == Errc::Malformed);
    CHECK(code_of({"MDPW02", "\x04", kToken, "not empty", "x"}) == Errc::Malformed);
    CHECK(code_of({"MDPW02", "\x04", kJobText, "", "x"}) == Errc::Malformed);
    CHECK(code_of({"MDPW02", "\x04", kJobText + ".", "", "x"}) == Errc::Malformed);
    CHECK(code_of({"MDPW02", "\x04", kJobText + ".0", "", "x"}) == Errc::Malformed);
    CHECK(code_of({"MDPW02", "\x04", kJobText + ".-1", "", "x"}) == Errc::Malformed);
    CHECK(code_of({"MDPW02", "\x04", kJobText + ".3 ", "", "x"}) == Errc::Malformed);
    CHECK(code_of({"MDPW02", "\x04", kJobText + ".4294967296", "", "x"}) == Errc::Malformed);
    CHECK(hear({"MDPW02", "\x04", kJobText + ".4294967295", "", "x"}));
    CHECK(code_of({"MDPW02", "\x02", kToken, "", "x"}) == Errc::UnknownCommand);
    CHECK(code_of({"MDPW02", "\x07"}) == Errc::UnknownCommand);
    CHECK(code_of({"MDPW02", ""}) == Errc::UnknownCommand);
}

}  // namespace steward::wire::mdp02_tests
