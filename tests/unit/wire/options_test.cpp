// tests/unit/wire: job options out of frames and objects, at and past every limit.
#include "common/wire/options.hpp"

#include <chrono>
#include <limits>

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
    const auto options = good({{"durable", false},
                               {"priority", 7},
                               {"run_at", "2026-11-24T10:00:00Z"},
                               {"expires_in", "1h"},
                               {"time_limit", 90},
                               {"memory_limit", "512MiB"},
                               {"max_attempts", 3},
                               {"backoff", "2s"},
                               {"backoff_max", "1min"},
                               {"result_ttl", 0},
                               {"wait", "200ms"},
                               {"channel", "gpu"},
                               {"context", "order-7"},
                               {"group", "acme"},
                               {"group_limit", 5},
                               {"group_rate", "5/s"},
                               {"group_weight", 3},
                               {"unique", "mail-7"},
                               {"unique_scope", "waiting"},
                               {"on_duplicate", "replace"},
                               {"after", {kJobText}},
                               {"batch", "night"},
                               {"meta", {{"trace", "abc"}}}});
    model::JobOptions expected;
    expected.durable = false;
    expected.priority = 7;
    expected.run_at = base::WallTime(1'795'514'400s);
    expected.expires_in = 1h;
    expected.time_limit = 90s;
    expected.memory_limit = 512U << 20U;
    expected.max_attempts = 3;
    expected.backoff = 2s;
    expected.backoff_max = 1min;
    expected.result_ttl = 0s;
    expected.wait = 200ms;
    expected.channel = "gpu";
    expected.context = "order-7";
    expected.group = "acme";
    expected.group_limit = 5;
    expected.group_rate = model::Rate{200ms};
    expected.group_weight = 3;
    expected.unique = "mail-7";
    expected.unique_scope = model::UniqueScope::Waiting;
    expected.on_duplicate = model::OnDuplicate::Replace;
    expected.after = {kJob};
    expected.batch = "night";
    expected.meta = base::Blob::copy(
        "\x81\xA5trace\xA3"
        "abc");
    CHECK(options == expected);
    CHECK(good({{"sync", true}}).sync);
    CHECK(good({{"delay", "250ms"}}).delay == 250ms);
    CHECK(good({{"unique", true}}).unique_params);
}

TEST_CASE("An unknown option is refused by name, with the names there are") {
    const std::string message = bad({{"prioritty", 1}}, Errc::UnknownOption);
    CHECK(contains(message, "\"prioritty\""));
    CHECK(contains(message,
                   "there are sync, durable, priority, delay, run_at, expires_in, time_limit, "
                   "memory_limit, max_attempts, backoff, backoff_max, result_ttl, wait, channel, "
                   "context, group, group_limit, group_rate, group_weight, unique, unique_scope, "
                   "on_duplicate, after, batch, meta"));
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

TEST_CASE(
    "A delay and a result's life may be nothing; other durations not; ten years is the most") {
    CHECK(good({{"delay", 0}}).delay == 0s);
    CHECK(good({{"delay", "0s"}}).delay == 0s);
    CHECK(good({{"result_ttl", 0}}).result_ttl == 0s);
    CHECK(good({{"expires_in", 0.000001}}).expires_in == 1us);
    for (const std::string name : {"expires_in", "time_limit", "backoff", "backoff_max"}) {
        bad({{name, 0}});
        bad({{name, "0ms"}});
        bad({{name, "0.0000001"}});
    }
    for (const std::string name :
         {"delay", "expires_in", "time_limit", "backoff", "backoff_max", "result_ttl"}) {
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

TEST_CASE("One waits for an answer up to an hour") {
    CHECK(good({{"wait", 0}}).wait == 0s);
    CHECK(good({{"wait", "1h"}}).wait == 1h);
    CHECK(good({{"wait", 3600}}).wait == 1h);
    for (const json& value : {json(3600.000001), json("3600.001s"), json(-1), json("1d")}) {
        CHECK(contains(bad({{"wait", value}}), "option wait is 0 to 1h"));
    }
}

TEST_CASE("run_at is an instant from 1970 up to the year 2100, as text or seconds") {
    CHECK(good({{"run_at", 0}}).run_at == base::WallTime());
    CHECK(good({{"run_at", 1'795'514'400.25}}).run_at == base::WallTime(1'795'514'400'250ms));
    CHECK(good({{"run_at", "1795514400.25"}}).run_at == base::WallTime(1'795'514'400'250ms));
    CHECK(good({{"run_at", "2026-11-24T12:00:00+02:00"}}).run_at == base::WallTime(1'795'514'400s));
    CHECK(good({{"run_at", 4'102'444'799.999999}}).run_at == kRunAtMax);
    CHECK(good({{"run_at", "2099-12-31T23:59:59.999999Z"}}).run_at == kRunAtMax);
    for (const json& value : {json(4'102'444'800),
                              json("2100-01-01T00:00:00Z"),
                              json(1'795'514'400'000),
                              json(-1),
                              json("tomorrow"),
                              json("2026-11-24"),
                              json(true)}) {
        CHECK(contains(bad({{"run_at", value}}), "run_at"));
    }
}

TEST_CASE("memory_limit is bytes or a size, from a KiB to a PiB") {
    CHECK(good({{"memory_limit", 1024}}).memory_limit == 1024U);
    CHECK(good({{"memory_limit", "1KiB"}}).memory_limit == 1024U);
    CHECK(good({{"memory_limit", "1048576"}}).memory_limit == 1U << 20U);
    CHECK(good({{"memory_limit", "1.5GiB"}}).memory_limit == 3ULL << 29U);
    CHECK(good({{"memory_limit", 1ULL << 50U}}).memory_limit == 1ULL << 50U);
    CHECK(good({{"memory_limit", "1048576GiB"}}).memory_limit == 1ULL << 50U);
    for (const json& value : {json(1023),
                              json("1023B"),
                              json((1ULL << 50U) + 1),
                              json("1048577GiB"),
                              json(UINT64_MAX),
                              json(-1024),
                              json(2048.0),
                              json("512MB"),
                              json("512 MiB"),
                              json("much"),
                              json()}) {
        CHECK(contains(bad({{"memory_limit", value}}), "memory_limit is 1KiB to 1048576GiB"));
    }
}

TEST_CASE("A group has from one job at once to a million, and a weight from one to a thousand") {
    const auto group = [](const std::string& name, const json& value) {
        return json{{"group", "acme"}, {name, value}};
    };
    CHECK(good(group("group_limit", 1)).group_limit == 1U);
    CHECK(good(group("group_limit", 1'000'000)).group_limit == 1'000'000U);
    CHECK(good(group("group_weight", 1)).group_weight == 1U);
    CHECK(good(group("group_weight", 1000)).group_weight == 1000U);
    for (const json& value : {json(0), json(1'000'001), json(-1), json(1.5), json("3")}) {
        CHECK(contains(bad(group("group_limit", value)), "1 to 1000000"));
    }
    for (const json& value : {json(0), json(1001), json(-1), json(1.5), json("3")}) {
        CHECK(contains(bad(group("group_weight", value)), "1 to 1000"));
    }
}

TEST_CASE("A rate is a text or a number in a second") {
    const auto rate = [](const json& value) {
        return json{{"group", "acme"}, {"group_rate", value}};
    };
    CHECK(good(rate("5/s")).group_rate->spacing == 200ms);
    CHECK(good(rate("100/min")).group_rate->spacing == 600ms);
    CHECK(good(rate(5)).group_rate->spacing == 200ms);
    CHECK(good(rate(0.5)).group_rate->spacing == 2s);
    CHECK(good(rate(3)).group_rate->spacing == 333'334us);
    CHECK(good(rate(1'000'000)).group_rate->spacing == 1us);
    CHECK(good(rate(3.2e-9)).group_rate->spacing <= kDurationMax);
    for (const json& value : {json(0),
                              json(0.0),
                              json(-5),
                              json(1'000'001),
                              json(3.1e-9),
                              json(1e-300),
                              json(std::numeric_limits<double>::quiet_NaN()),
                              json("0/s"),
                              json("5 a second"),
                              json(true)}) {
        CHECK(contains(bad(rate(value)), "group_rate"));
    }
}

TEST_CASE("Labels are texts of 1 to 255 bytes") {
    const std::string most(255, 'x');
    for (const std::string name : {"channel", "context", "group", "unique", "batch"}) {
        CAPTURE(name);
        CHECK(good({{name, most}}) != model::JobOptions{});
        CHECK(contains(bad({{name, most + "x"}}), "has 256 bytes, 255 are allowed"));
        CHECK(contains(bad({{name, "a\nb"}}), "control character at byte 1"));
        for (const json& value : {json(""), json(1), json(), json::array(), json(false)}) {
            CHECK(contains(bad({{name, value}}), "option " + name + " is "));
        }
    }
    CHECK(good({{"group", {{"base64", "/3g="}}}}).group.view() == "\xFFx");
    bad({{"group", {{"base64", "/3g"}}}});
}

TEST_CASE("Choices are named") {
    const auto choice = [](const std::string& name, const json& value) {
        return json{{"unique", true}, {name, value}};
    };
    using model::OnDuplicate;
    using model::UniqueScope;
    CHECK(good(choice("unique_scope", "waiting")).unique_scope == UniqueScope::Waiting);
    CHECK(good(choice("unique_scope", "running")).unique_scope == UniqueScope::Running);
    CHECK(good(choice("on_duplicate", "drop")).on_duplicate == OnDuplicate::Drop);
    CHECK(good(choice("on_duplicate", "attach")).on_duplicate == OnDuplicate::Attach);
    CHECK(good(choice("on_duplicate", "replace")).on_duplicate == OnDuplicate::Replace);
    for (const json& value : {json("Drop"), json("unknown"), json(""), json(0), json()}) {
        CHECK(contains(bad(choice("unique_scope", value)), "waiting or running"));
        CHECK(contains(bad(choice("on_duplicate", value)), "drop, attach or replace"));
    }
}

TEST_CASE("after is a list of job ids, as many as may be") {
    CHECK(good({{"after", json::array()}}).after.empty());
    CHECK(good({{"after", {kJobText, kJobText}}}).after.size() == 2);
    const json most(model::kAfterMax, kJobText);
    CHECK(good({{"after", most}}).after.size() == model::kAfterMax);
    CHECK(parse_option_frame("OPTION-JSON: " + json{{"after", most}}.dump()));
    CHECK(contains(bad({{"after", json(model::kAfterMax + 1, kJobText)}}), "at most 16384"));
    for (const json& value : {json("no id"), json(7), json(), json(kJobText + "0")}) {
        const std::string message = bad({{"after", {kJobText, value}}});
        CHECK(contains(message, "not " + value.dump()));
    }
    bad({{"after", kJobText}});
    bad({{"after", json::object()}});
}

TEST_CASE("meta is a map of strings, held in entries and in bytes") {
    CHECK(good({{"meta", json::object()}}).meta.empty());
    CHECK_FALSE(good(meta_of(model::kMetaEntriesMax)).meta.empty());
    CHECK(contains(bad(meta_of(model::kMetaEntriesMax + 1)), "at most 64"));
    CHECK(good({{"meta", {{"k", {{"base64", "/w=="}}}}}}).meta.view().ends_with('\xFF'));
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
