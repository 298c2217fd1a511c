// tests/unit/wire: job options and durations, at and past every limit.
#include "common/wire/options.hpp"

#include <chrono>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "common/model/limits.hpp"
#include "common/wire/params.hpp"
#include "tests/unit/wire/frames_text.hpp"

namespace steward::wire {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace test;
using base::Errc;
using model::Encoding;
using nlohmann::json;

model::JobOptions good(const json& object) {
    auto options = parse_options(object);
    REQUIRE_MESSAGE(options, object.dump());
    return *options;
}

std::string bad(const json& object, Errc code = Errc::BadOption) {
    const auto options = parse_options(object);
    REQUIRE_FALSE_MESSAGE(options, object.dump());
    CHECK(options.error().code == code);
    return options.error().message;
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

json meta_of(std::size_t entries) {
    json meta = json::object();
    for (std::size_t i = 0; i < entries; ++i) {
        meta["k" + std::to_string(i)] = "v";
    }
    return json{{"meta", meta}};
}

}  // namespace

TEST_CASE("No options leave everything to the broker") {
    CHECK(good(json::object()) == model::JobOptions{});
}

TEST_CASE("Every option is read") {
    const auto options = good({{"sync", true},
                               {"durable", false},
                               {"priority", 7},
                               {"delay", "250ms"},
                               {"expires_in", "1h"},
                               {"time_limit", 90},
                               {"max_attempts", 3},
                               {"meta", {{"trace", "abc"}}}});
    CHECK(options.sync);
    CHECK(options.durable == false);
    CHECK(options.priority == 7);
    CHECK(options.delay == 250ms);
    CHECK(options.expires_in == 1h);
    CHECK(options.time_limit == 90s);
    CHECK(options.max_attempts == 3);
    CHECK(options.meta.view() ==
          "\x81\xA5trace\xA3"
          "abc");
}

TEST_CASE("An unknown option is refused by name, with the names there are") {
    const std::string message = bad({{"prioritty", 1}}, Errc::UnknownOption);
    CHECK(contains(message, "\"prioritty\""));
    for (const std::string name : {"delay",
                                   "durable",
                                   "expires_in",
                                   "max_attempts",
                                   "meta",
                                   "priority",
                                   "sync",
                                   "time_limit"}) {
        CHECK(contains(message, name));
    }
    bad({{"", 1}}, Errc::UnknownOption);
    bad({{"Priority", 1}}, Errc::UnknownOption);
    CHECK(contains(bad({{std::string(1000, 'x'), 1}}, Errc::UnknownOption), "…"));
}

TEST_CASE("Options are a map and nothing else") {
    for (const json& value : {json(), json(1), json("sync"), json::array()}) {
        bad(value);
    }
}

TEST_CASE("A priority is a 32-bit integer or one of four names") {
    CHECK(good({{"priority", "low"}}).priority == 1024);
    CHECK(good({{"priority", "normal"}}).priority == 2048);
    CHECK(good({{"priority", "high"}}).priority == 4096);
    CHECK(good({{"priority", "urgent"}}).priority == INT32_MAX);
    CHECK(good({{"priority", INT32_MAX}}).priority == INT32_MAX);
    CHECK(good({{"priority", INT32_MIN}}).priority == INT32_MIN);
    for (const json& value : {json(std::int64_t{INT32_MAX} + 1),
                              json(std::int64_t{INT32_MIN} - 1),
                              json(UINT64_MAX),
                              json(1.5),
                              json("LOW"),
                              json("1"),
                              json(true),
                              json()}) {
        CHECK(contains(bad({{"priority", value}}), "priority"));
    }
    CHECK(contains(bad({{"priority", "fastest"}}), "fastest"));
}

TEST_CASE("max_attempts lies between 1 and 1000") {
    CHECK(good({{"max_attempts", 1}}).max_attempts == 1);
    CHECK(good({{"max_attempts", 1000}}).max_attempts == 1000);
    for (const json& value :
         {json(0), json(1001), json(-1), json(1.0), json("3"), json(UINT64_MAX)}) {
        CHECK(contains(bad({{"max_attempts", value}}), "1 to 1000"));
    }
}

TEST_CASE("Flags are true or false") {
    for (const std::string name : {"sync", "durable"}) {
        for (const json& value : {json(1), json("true"), json(), json::array()}) {
            CHECK(contains(bad({{name, value}}), name));
        }
    }
}

TEST_CASE("A delay may be nothing; other durations may not; ten years is the most") {
    CHECK(good({{"delay", 0}}).delay == 0s);
    CHECK(good({{"delay", "0s"}}).delay == 0s);
    for (const std::string name : {"expires_in", "time_limit"}) {
        bad({{name, 0}});
        bad({{name, "0ms"}});
        bad({{name, "0.0000001"}});
    }
    CHECK(good({{"expires_in", 0.000001}}).expires_in == 1us);
    for (const std::string name : {"delay", "expires_in", "time_limit"}) {
        CHECK(good({{name, "3650d"}}) != model::JobOptions{});
        CHECK(good({{name, 315360000}}) != model::JobOptions{});
        for (const json& value : {json("3650.0001d"),
                                  json("3651d"),
                                  json(315360001),
                                  json(-1),
                                  json(-0.5),
                                  json(1e300),
                                  json(UINT64_MAX),
                                  json(std::numeric_limits<double>::quiet_NaN()),
                                  json(std::numeric_limits<double>::infinity()),
                                  json("soon"),
                                  json(true),
                                  json()}) {
            CHECK(contains(bad({{name, value}}), name));
        }
    }
}

TEST_CASE("Durations are read exactly") {
    const auto is = [](std::string_view text, base::Duration expected) {
        const auto read = parse_duration(text);
        REQUIRE_MESSAGE(read, text);
        CHECK(*read == expected);
    };
    is("250ms", 250ms);
    is("30s", 30s);
    is("5min", 5min);
    is("1h", 1h);
    is("1d", 24h);
    is("0.8s", 800ms);
    is("90", 90s);
    is("0", 0s);
    is("1.5", 1500ms);
    is("0.1ms", 100us);
    is("0.000001s", 1us);
    is("0.000000999s", 0us);
    is("1.000000001d", 24h + 86us);
    is("0.999999999d", base::Duration(86'399'999'913));
    is("007s", 7s);
    is("3650d", kDurationMax);
    is("315360000000ms", kDurationMax);
    is("315360000.0", kDurationMax);
}

TEST_CASE("What is no duration is refused, with the text") {
    for (const std::string& text : {""s,
                                    "s"s,
                                    "ms"s,
                                    "-1s"s,
                                    "+1s"s,
                                    "1 s"s,
                                    " 1s"s,
                                    "1s "s,
                                    "1S"s,
                                    "1m"s,
                                    "1us"s,
                                    "1.s"s,
                                    ".5s"s,
                                    "1.2.3s"s,
                                    "1,5s"s,
                                    "1e3"s,
                                    "0x10"s,
                                    "inf"s,
                                    "1.0000000000s"s,
                                    "3650.000000001d"s,
                                    "315360000.000001"s,
                                    "18446744073709551616"s,
                                    "18446744073709551615d"s,
                                    "1h30min"s,
                                    "1\0s"s}) {
        INFO(text);
        const auto read = parse_duration(text);
        REQUIRE_FALSE(read);
        CHECK(read.error().code == Errc::BadOption);
    }
    CHECK(contains(parse_duration("soon").error().message, "\"soon\""));
}

TEST_CASE("meta is a map of strings, held in entries and in bytes") {
    CHECK(good({{"meta", json::object()}}).meta.empty());
    CHECK_FALSE(good(meta_of(model::kMetaEntriesMax)).meta.empty());
    CHECK(contains(bad(meta_of(model::kMetaEntriesMax + 1)), "64"));
    // A map of one: one byte, a key of two, a str 16 header of three.
    const std::size_t most = model::kMetaBytesMax - 6;
    CHECK(good({{"meta", {{"k", std::string(most, 'x')}}}}).meta.size() == model::kMetaBytesMax);
    CHECK(contains(bad({{"meta", {{"k", std::string(most + 1, 'x')}}}}), "8192"));
    for (const json& value :
         {json(), json("a"), json::array(), json{{"a", 1}}, json{{"a", nullptr}}}) {
        CHECK(contains(bad({{"meta", value}}), "map of strings"));
    }
}

TEST_CASE("An OPTION frame comes in JSON or msgpack") {
    const auto from_json = parse_option_frame("OPTION-JSON: {\"meta\": {\"a\": \"b: c\"}}");
    REQUIRE(from_json);
    CHECK(from_json->meta.view() ==
          "\x81\xA1"
          "a\xA4"
          "b: c");
    const auto from_msgpack = parse_option_frame("OPTION-MSGPACK: \x81\xA4sync\xC3");
    REQUIRE(from_msgpack);
    CHECK(from_msgpack->sync);
    CHECK(is_option_frame("OPTION-JSON: {}"));
    CHECK(is_option_frame("OPTION-XML: <a/>"));
    CHECK_FALSE(is_option_frame("PARAM-JSON: {}"));
    CHECK_FALSE(is_option_frame(""));
}

TEST_CASE("An OPTION frame that is none is refused") {
    const auto code_of = [](std::string_view frame) {
        return parse_option_frame(frame).error().code;
    };
    CHECK(code_of("") == Errc::BadOption);
    CHECK(code_of("OPTION-JSON") == Errc::BadOption);
    CHECK(code_of("OPTION-JSON:{}") == Errc::BadOption);
    CHECK(code_of("OPTION-JSON: ") == Errc::BadOption);
    CHECK(code_of("OPTION-JSON: {") == Errc::BadOption);
    CHECK(code_of("OPTION-JSON: []") == Errc::BadOption);
    CHECK(code_of("OPTION-XML: <a/>") == Errc::BadOption);
    CHECK(code_of("OPTION-MSGPACK: \xC1") == Errc::BadOption);
    CHECK(code_of("OPTION-JSON: {\"x\": 1}") == Errc::UnknownOption);
}

TEST_CASE("An OPTION frame has at most its limit of bytes") {
    std::string frame = "OPTION-JSON: {}";
    frame += std::string(model::kOptionFrameBytesMax - frame.size(), ' ');
    CHECK(parse_option_frame(frame));
    const auto longer = parse_option_frame(frame + " ");
    REQUIRE_FALSE(longer);
    CHECK(longer.error().code == Errc::TooLarge);
}

}  // namespace steward::wire
