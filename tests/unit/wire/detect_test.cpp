// tests/unit/wire: which dialect a message is in, row by row of the tables and for what is in none.
#include <doctest/doctest.h>

#include "common/wire/native.hpp"
#include "tests/unit/wire/frames_text.hpp"

namespace steward::wire {
namespace {

using namespace test;

std::optional<Form> client(const Texts& message) {
    return detect_client(frames(message));
}

std::optional<Form> worker(const Texts& message) {
    return detect_worker(frames(message));
}

std::optional<Form> form(DialectId id, bool delimiter) {
    return Form{id, delimiter};
}

}  // namespace

TEST_CASE("Each row of the frontend table is recognised, with and without its delimiter") {
    CHECK(client({"JOB: X"}) == form(DialectId::Zmws1, false));
    CHECK(client({"", "JOB: X"}) == form(DialectId::Zmws1, true));
    CHECK(client({"PARAM-JSON: 1", "JOB: X"}) == form(DialectId::Zmws1, false));
    CHECK(client({"", "PARAM-JSON: 1", "JOB: SYNC-X"}) == form(DialectId::Zmws1, true));
    CHECK(client({"JSON-PARAM: 1", "JOB: X"}) == form(DialectId::Zmws1, false));
    CHECK(client({"PARAM: i:1;", "JOB: X"}) == form(DialectId::Zmws1, false));
    CHECK(client({"OPTION-JSON: {}", "JOB: X"}) == form(DialectId::Zmws1, false));
    CHECK(client({"MDPC02", "1", "X"}) == form(DialectId::Zmws2, false));
    CHECK(client({"", "MDPC02", "1", "PARAM-JSON: 1", "X"}) == form(DialectId::Zmws2, true));
    CHECK(client({"", "MDPC01", "X", "body"}) == form(DialectId::Mdp01, true));
    CHECK(client({"MDPC01", "X", "body"}) == form(DialectId::Mdp01, false));
    CHECK(client({"MDPC02", "\x01", "X", "body"}) == form(DialectId::Mdp02, false));
    CHECK(client({"", "MDPC02", "\x01", "X", "body"}) == form(DialectId::Mdp02, true));
    CHECK(client({std::string(native::kMagic)}) == form(DialectId::Native, false));
}

TEST_CASE("Each cell of the backend table is recognised") {
    CHECK(worker({"X", "READY"}) == form(DialectId::Zmws1, false));
    CHECK(worker({"HEARTBEAT"}) == form(DialectId::Zmws1, false));
    CHECK(worker({"X", "CONT: " + kJobText}) == form(DialectId::Zmws1, false));
    CHECK(worker({"PARAM-JSON: 1", "X", "COMPLETE: " + kJobText}) == form(DialectId::Zmws1, false));
    CHECK(worker({"X", "FAIL: " + kJobText}) == form(DialectId::Zmws1, false));
    CHECK(worker({"MDPC02", "3", "X", "READY"}) == form(DialectId::Zmws2, false));
    CHECK(worker({"MDPC02", "2", "X", "CONT: " + kJobText}) == form(DialectId::Zmws2, false));
    CHECK(worker({"MDPC02", "3", "X", "PARAM-JSON: 1", "COMPLETE: " + kJobText}) ==
          form(DialectId::Zmws2, false));
    for (const std::string type : {"\x01", "\x03", "\x04", "\x05"}) {
        CHECK(worker({"", "MDPW01", type}) == form(DialectId::Mdp01, true));
        CHECK(worker({"MDPW02", type}) == form(DialectId::Mdp02, false));
    }
    CHECK(worker({std::string(native::kMagic)}) == form(DialectId::Native, false));
}

TEST_CASE("A malformed message is told as the dialect it is closest to") {
    CHECK(client({"MDPC02"}) == form(DialectId::Mdp02, false));
    CHECK(client({"MDPC02", ""}) == form(DialectId::Mdp02, false));
    CHECK(client({"MDPC02", "\x09", "X"}) == form(DialectId::Mdp02, false));
    CHECK(client({"", "MDPC02", "9", "X"}) == form(DialectId::Zmws2, true));
    CHECK(client({"", "MDPC02", "REQUEST"}) == form(DialectId::Zmws2, true));
    CHECK(client({"", "MDPC01"}) == form(DialectId::Mdp01, true));
    CHECK(client({"PARAM-XML: <a/>", "X"}) == form(DialectId::Zmws1, false));
    CHECK(client({"JOB:X"}) == form(DialectId::Zmws1, false));
    CHECK(client({"strange", "JOB: X"}) == form(DialectId::Zmws1, false));
    CHECK(worker({"", "MDPW01"}) == form(DialectId::Mdp01, true));
    CHECK(worker({"MDPW02"}) == form(DialectId::Mdp02, false));
    CHECK(worker({"MDPC02"}) == form(DialectId::Zmws2, false));
    CHECK(worker({"READY"}) == form(DialectId::Zmws1, false));
}

TEST_CASE("What resembles no dialect is told as none") {
    for (const Texts& message : {Texts{},
                                 Texts{""},
                                 Texts{"", ""},
                                 Texts{"0"},
                                 Texts{"hello"},
                                 Texts{"GET / HTTP/1.1"},
                                 Texts{std::string(1, '\0')},
                                 Texts{"STW\x02"},
                                 Texts{"", "STW\x01"}}) {
        CHECK(client(message) == std::nullopt);
        CHECK(worker(message) == std::nullopt);
    }
    CHECK(client({"", "MDPW01", "\x01", "X"}) == std::nullopt);
    CHECK(client({"HEARTBEAT"}) == std::nullopt);
    CHECK(worker({"", "MDPC01", "X", "body"}) == std::nullopt);
}

TEST_CASE("A frame \"0\" is no delimiter") {
    CHECK(client({"0", "JOB: X"}) == form(DialectId::Zmws1, false));
    CHECK(client({"0", "MDPC02", "1", "X"}) == std::nullopt);
}

TEST_CASE("A form survives its packing into the number that the core carries") {
    for (const DialectId id : {DialectId::Native,
                               DialectId::Zmws1,
                               DialectId::Zmws2,
                               DialectId::Mdp01,
                               DialectId::Mdp02}) {
        for (const bool delimiter : {false, true}) {
            CHECK(Form::unpack(Form{id, delimiter}.pack()) == Form{id, delimiter});
        }
    }
}

TEST_CASE("Each dialect has its name and all but the native one a codec") {
    CHECK(name_of(DialectId::Native) == "native");
    CHECK(name_of(DialectId::Zmws1) == "zmws1");
    CHECK(name_of(DialectId::Zmws2) == "zmws2");
    CHECK(name_of(DialectId::Mdp01) == "MDP/0.1");
    CHECK(name_of(DialectId::Mdp02) == "MDP/0.2");
    CHECK(&dialect(DialectId::Zmws1) != &dialect(DialectId::Zmws2));
    CHECK(&dialect(DialectId::Mdp01) != &dialect(DialectId::Mdp02));
}

}  // namespace steward::wire
