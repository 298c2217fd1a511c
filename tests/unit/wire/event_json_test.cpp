// tests/unit/wire: events as JSON lines and topics, and the hand-made JSON below them.
#include "common/wire/event_json.hpp"

#include <chrono>
#include <cstring>
#include <limits>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "common/base/bytes.hpp"
#include "common/base/prng.hpp"
#include "common/wire/json_text.hpp"
#include "common/wire/params.hpp"
#include "tests/unit/wire/frames_text.hpp"

namespace steward::wire {
namespace {

using namespace std::chrono_literals;
using namespace test;
using model::Encoding;
using model::EventKind;
using nlohmann::json;

EventForPeople event_of(EventKind kind) {
    EventForPeople event;
    event.kind = kind;
    event.job = kJob;
    event.service = "mail";
    event.at = base::WallTime(1'700'000'000'000'123us);
    return event;
}

std::string line_of(const EventForPeople& event) {
    std::string out;
    append_event_json(out, event);
    return out;
}

std::string seconds_of(base::Duration value) {
    std::string out;
    append_json_seconds(out, value);
    return out;
}

}  // namespace

TEST_CASE("An event without details has four members") {
    CHECK(line_of(event_of(EventKind::Ready)) ==
          "{\"at\":1700000000.000123,\"event\":\"ready\",\"job\":\"" + kJobText +
              "\",\"service\":\"mail\"}");
}

TEST_CASE("An event with every detail has every member") {
    const auto params = payload(Encoding::Json, "{\"to\": \"a\"}");
    model::JobOptions options;
    options.sync = true;
    options.durable = false;
    options.priority = -5;
    options.delay = 0us;
    options.expires_in = 1500ms;
    options.time_limit = 1us;
    options.max_attempts = 4;
    options.meta = encode_params(json{{"k", "v"}}, Encoding::Msgpack).bytes;
    EventForPeople event = event_of(EventKind::Accepted);
    event.attempt = 2;
    event.worker = "00ff";
    event.detail = "two\nlines";
    event.done = 1;
    event.total = 3;
    event.params = &params;
    event.options = &options;
    CHECK(
        line_of(event) ==
        "{\"at\":1700000000.000123,\"event\":\"accepted\",\"job\":\"" + kJobText +
            "\",\"service\":\"mail\",\"attempt\":2,\"worker\":\"00ff\",\"detail\":\"two\\nlines\","
            "\"done\":1,\"total\":3,\"encoding\":\"json\",\"params\":\"{\\\"to\\\": \\\"a\\\"}\","
            "\"options\":{\"sync\":true,\"durable\":false,\"priority\":-5,\"delay\":0.000000,"
            "\"expires_in\":1.500000,\"time_limit\":0.000001,\"max_attempts\":4,"
            "\"meta\":{\"k\":\"v\"}}}");
}

TEST_CASE("The options of an event can be submitted again") {
    model::JobOptions options;
    options.sync = true;
    options.durable = true;
    options.priority = INT32_MIN;
    options.delay = 1us;
    options.expires_in = std::chrono::hours(24 * 3650);
    options.time_limit = 1'234'567'891us;
    options.max_attempts = 1000;
    options.meta = encode_params(json{{"a", "ü"}, {"b", ""}}, Encoding::Msgpack).bytes;
    EventForPeople event = event_of(EventKind::Accepted);
    event.options = &options;
    const auto again = parse_options(json::parse(line_of(event))["options"]);
    REQUIRE(again);
    CHECK(*again == options);
}

TEST_CASE("Bytes that are no UTF-8 are base64, and every line is one line of JSON") {
    const auto params = payload(Encoding::Msgpack, std::string("\x91\xFF\n", 3));
    EventForPeople event = event_of(EventKind::Accepted);
    event.service = "\xE4";
    event.detail = "\r\n\t\x1F\x7F\"\\/";
    event.params = &params;
    const std::string line = line_of(event);
    CHECK(line.find('\n') == std::string::npos);
    const json read = json::parse(line);
    CHECK(read["service"] == json{{"base64", "5A=="}});
    CHECK(read["detail"] == event.detail);
    CHECK(read["encoding"] == "msgpack");
    CHECK(read["params"] == json{{"base64", "kf8K"}});
}

TEST_CASE("Params that were not given are left out, empty ones are not") {
    const model::Payload absent;
    EventForPeople event = event_of(EventKind::Accepted);
    event.params = &absent;
    CHECK_FALSE(json::parse(line_of(event)).contains("params"));
    const auto empty = payload(Encoding::Opaque, "");
    event.params = &empty;
    CHECK(json::parse(line_of(event))["params"] == "");
    CHECK(json::parse(line_of(event))["encoding"] == "opaque");
}

TEST_CASE("Meta that is no map of strings does not spoil the line") {
    for (const std::string bytes : {"\xC1", "\x91\xFF", "junk"}) {
        model::JobOptions options;
        options.meta = base::Blob::copy(bytes);
        EventForPeople event = event_of(EventKind::Accepted);
        event.options = &options;
        CHECK(json::accept(line_of(event)));
    }
}

TEST_CASE("A topic is the service and the event") {
    std::string topic;
    append_event_topic(topic, event_of(EventKind::Succeeded));
    CHECK(topic == "mail.succeeded");
}

TEST_CASE("Seconds are written exactly, before 1970 too") {
    CHECK(seconds_of(0us) == "0.000000");
    CHECK(seconds_of(1us) == "0.000001");
    CHECK(seconds_of(-1us) == "-0.000001");
    CHECK(seconds_of(1s) == "1.000000");
    CHECK(seconds_of(-1'500'000us) == "-1.500000");
    CHECK(seconds_of(999'999us) == "0.999999");
    CHECK(seconds_of(base::Duration::max()) == "9223372036854.775807");
    CHECK(seconds_of(base::Duration::min()) == "-9223372036854.775808");
}

TEST_CASE("Base64 is as RFC 4648 has it") {
    CHECK(to_base64("") == "");
    CHECK(to_base64("f") == "Zg==");
    CHECK(to_base64("fo") == "Zm8=");
    CHECK(to_base64("foo") == "Zm9v");
    CHECK(to_base64("foob") == "Zm9vYg==");
    CHECK(to_base64("fooba") == "Zm9vYmE=");
    CHECK(to_base64("foobar") == "Zm9vYmFy");
    CHECK(to_base64(std::string("\xFB\xFF\0", 3)) == "+/8A");
}

TEST_CASE("Every string of UTF-8 reads back as it was, every other as base64") {
    base::Prng prng(1);
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes;
        for (std::uint64_t left = prng.below(12); left > 0; --left) {
            // Mostly printable, so that long valid stretches come up too.
            bytes.push_back(
                static_cast<char>(prng.chance(3, 4) ? 0x20 + prng.below(0x5F) : prng.below(256)));
        }
        std::string out;
        append_json_string(out, bytes);
        const json read = json::parse(out);
        CHECK(read.is_string() == base::is_utf8(bytes));
        if (read.is_string()) {
            CHECK(read.get<std::string>() == bytes);
        } else {
            CHECK(read == json{{"base64", to_base64(bytes)}});
        }
    }
}

TEST_CASE("Every finite number reads back as it was") {
    base::Prng prng(2);
    for (int round = 0; round < 20'000; ++round) {
        const std::uint64_t bits = prng.next();
        double value = 0;
        static_assert(sizeof value == sizeof bits);
        std::memcpy(&value, &bits, sizeof value);
        std::string out;
        append_json_real(out, value);
        const json read = json::parse(out);
        if (value - value == 0) {
            CHECK(read.is_number_float());
            CHECK(read.get<double>() == value);
        } else {
            CHECK(read.is_null());
        }
    }
}

}  // namespace steward::wire
