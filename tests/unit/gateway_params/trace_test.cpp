// tests/unit/gateway_params: ids of requests and what of them travels in a job's meta.
#include "gateway/params/trace.hpp"

#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "common/model/limits.hpp"
#include "common/wire/params.hpp"
#include "gateway/params/limits.hpp"

namespace steward::gateway {
namespace {

using nlohmann::json;

constexpr std::array<unsigned char, 16> kRandom = {
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255};
constexpr const char* kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

base::Blob meta_with(const json& names) {
    return wire::encode_params(names, model::Encoding::Msgpack).bytes;
}

json read_meta(const base::Expected<base::Blob>& meta) {
    REQUIRE_MESSAGE(meta, (meta ? "" : meta.error().message));
    auto value = wire::decode_params({model::Encoding::Msgpack, *meta});
    REQUIRE(value);
    return *value;
}

json many_entries(std::size_t count) {
    json names = json::object();
    for (std::size_t i = 0; i < count; ++i) {
        names["k" + std::to_string(i)] = "v";
    }
    return names;
}

}  // namespace

TEST_CASE("A caller's request id is taken when it is plain, else one is made") {
    CHECK(request_id_of("a.B_9-", kRandom) == "a.B_9-");
    CHECK(request_id_of(std::string(kRequestIdBytesMax, 'x'), kRandom).size() == 64);
    const std::string made = "000102030405060708090a0b0c0d0eff";
    CHECK(request_id_of("", kRandom) == made);
    CHECK(request_id_of("a b", kRandom) == made);
    CHECK(request_id_of("a\r\n", kRandom) == made);
    CHECK(request_id_of(std::string(kRequestIdBytesMax + 1, 'x'), kRandom) == made);
}

TEST_CASE("A traceparent is held to its form") {
    const std::string good = kParent;
    CHECK(is_traceparent(good));
    const auto with = [&](std::size_t at, char c) {
        std::string text = good;
        text[at] = c;
        return text;
    };
    CHECK_FALSE(is_traceparent(""));
    CHECK_FALSE(is_traceparent(good.substr(1)));
    CHECK_FALSE(is_traceparent(good + "-"));
    CHECK_FALSE(is_traceparent(with(2, '_')));
    CHECK_FALSE(is_traceparent(with(35, '_')));
    CHECK_FALSE(is_traceparent(with(52, '_')));
    CHECK_FALSE(is_traceparent(with(5, 'A')));
    CHECK_FALSE(is_traceparent(with(53, 'g')));
    CHECK_FALSE(is_traceparent("00-" + std::string(32, '0') + "-00f067aa0ba902b7-01"));
    CHECK_FALSE(
        is_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-" + std::string(16, '0') + "-01"));
    CHECK_FALSE(is_traceparent("ff" + good.substr(2)));
    CHECK(is_traceparent("cc" + good.substr(2)));
    CHECK(is_traceparent("cc" + good.substr(2) + "-later"));
    CHECK_FALSE(is_traceparent("cc" + good.substr(2) + "later"));
    CHECK_FALSE(is_traceparent("cc" + good.substr(2) + "-" + std::string(300, 'x')));
}

TEST_CASE("The trace is put into meta, beside what is there") {
    CHECK(read_meta(with_trace({}, {"r1", kParent, "image/png"})) ==
          json{{"request-id", "r1"}, {"traceparent", kParent}, {"content-type", "image/png"}});
    CHECK(read_meta(with_trace(meta_with({{"a", "b"}}), {"r1", "", ""})) ==
          json{{"a", "b"}, {"request-id", "r1"}});
    CHECK(with_trace({}, {})->empty());
}

TEST_CASE("A traceparent that is none is left out") {
    CHECK(read_meta(with_trace({}, {"r1", "00-nonsense", ""})) == json{{"request-id", "r1"}});
}

TEST_CASE("What the submitter asked for stays") {
    CHECK(read_meta(with_trace(meta_with({{"request-id", "mine"}}), {"r1", "", ""})) ==
          json{{"request-id", "mine"}});
}

TEST_CASE("Both sides of meta's limits") {
    CHECK(with_trace(meta_with(many_entries(model::kMetaEntriesMax - 1)), {"r1", "", ""}));
    const auto entries =
        with_trace(meta_with(many_entries(model::kMetaEntriesMax)), {"r1", "", ""});
    REQUIRE_FALSE(entries);
    CHECK(entries.error().code == base::Errc::BadOption);
    CHECK(entries.error().message.find("65 entries") != std::string::npos);
    const json heavy = {{"k", std::string(model::kMetaBytesMax - 100, 'x')}};
    CHECK(with_trace(meta_with(heavy), {"r1", "", ""}));
    CHECK_FALSE(with_trace(meta_with(heavy), {std::string(90, 'r'), "", ""}));
}

TEST_CASE("Meta that is no map of strings is refused") {
    for (const json& value : {json(1), json{{"a", 1}}, json::array({"a"})}) {
        CHECK_FALSE(with_trace(meta_with(value), {"r1", "", ""}));
    }
    CHECK_FALSE(with_trace(base::Blob::copy("\x80\x80"), {"r1", "", ""}));
}

}  // namespace steward::gateway
