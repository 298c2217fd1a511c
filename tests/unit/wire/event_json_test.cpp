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
#include "tests/unit/wire/native_samples.hpp"

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

// The member "options" of an event.
std::string options_of(const model::JobOptions& options) {
    EventForPeople event = event_of(EventKind::Received);
    event.options = std::make_shared<const model::JobOptions>(options);
    std::string line = line_of(event);
    constexpr std::string_view kBefore = "\"options\":";
    line.erase(0, line.find(kBefore) + kBefore.size());
    line.pop_back();
    return line;
}

// As a JSON client would have made it; the values may be any bytes.
base::Blob meta_sample(native::Samples& samples) {
    json map = json::object();
    for (std::uint64_t n = samples.below(4); n > 0; --n) {
        map["ü" + std::to_string(samples.below(100))] = samples.bytes(40);
    }
    return map.empty() ? base::Blob() : encode_params(map, Encoding::Msgpack).bytes;
}

std::string seconds_of(base::Duration value) {
    std::string out;
    append_json_seconds(out, value);
    return out;
}

}  // namespace

TEST_CASE("An event without details has four members") {
    CHECK(line_of(event_of(EventKind::Enqueued)) ==
          "{\"at\":1700000000.000123,\"event\":\"ENQUEUED\",\"job\":\"" + kJobText +
              "\",\"service\":\"mail\"}");
}

TEST_CASE("An event with every detail has every member") {
    const auto params = payload(Encoding::Json, "{\"to\": \"a\"}");
    model::JobOptions options;
    options.sync = true;
    EventForPeople event = event_of(EventKind::Received);
    event.attempt = 2;
    event.worker = "00ff";
    event.detail = "two\nlines";
    event.done = 1;
    event.total = 3;
    event.due = base::WallTime(1'700'000'001s);
    event.context = "order-7";
    event.group = "acme";
    event.batch = "night";
    event.submission = {5, 6};
    event.params = &params;
    event.options = std::make_shared<const model::JobOptions>(options);
    CHECK(
        line_of(event) ==
        "{\"at\":1700000000.000123,\"event\":\"RECEIVED\",\"job\":\"" + kJobText +
            "\",\"service\":\"mail\",\"attempt\":2,\"worker\":\"00ff\",\"detail\":\"two\\nlines\","
            "\"done\":1,\"total\":3,\"due\":1700000001.000000,\"context\":\"order-7\","
            "\"group\":\"acme\",\"batch\":\"night\",\"session\":5,\"number\":6,"
            "\"encoding\":\"json\",\"params\":\"{\\\"to\\\": \\\"a\\\"}\","
            "\"options\":{\"sync\":true}}");
}

TEST_CASE("Every option of an event is written in the order of the documentation") {
    model::JobOptions options;
    options.durable = false;
    options.priority = -5;
    options.delay = 0us;
    options.expires_in = 1500ms;
    options.time_limit = 1us;
    options.memory_limit = 1U << 20U;
    options.max_attempts = 4;
    options.backoff = 2s;
    options.backoff_max = 1min;
    options.result_ttl = 0s;
    options.wait = 200ms;
    options.channel = "gpu";
    options.context = "order-7";
    options.group = "acme";
    options.group_limit = 5;
    options.group_rate = model::Rate{200ms};
    options.group_weight = 3;
    options.unique = "a\"b";
    options.unique_scope = model::UniqueScope::Waiting;
    options.on_duplicate = model::OnDuplicate::Replace;
    options.after = {kJob, kJob};
    options.batch = "night";
    options.meta = encode_params(json{{"k", "v"}}, Encoding::Msgpack).bytes;
    CHECK(options_of(options) ==
          "{\"sync\":false,\"durable\":false,\"priority\":-5,\"delay\":0.000000,"
          "\"expires_in\":1.500000,\"time_limit\":0.000001,\"memory_limit\":1048576,"
          "\"max_attempts\":4,\"backoff\":2.000000,\"backoff_max\":60.000000,"
          "\"result_ttl\":0.000000,\"wait\":0.200000,\"channel\":\"gpu\","
          "\"context\":\"order-7\",\"group\":\"acme\",\"group_limit\":5,"
          "\"group_rate\":\"5/s\",\"group_weight\":3,\"unique\":\"a\\\"b\","
          "\"unique_scope\":\"waiting\",\"on_duplicate\":\"replace\",\"after\":[\"" +
              kJobText + "\",\"" + kJobText + "\"],\"batch\":\"night\",\"meta\":{\"k\":\"v\"}}");
    options = {};
    options.run_at = base::WallTime(1'795'514'400'250ms);
    options.unique_params = true;
    CHECK(options_of(options) == "{\"sync\":false,\"run_at\":1795514400.250000,\"unique\":true}");
}

TEST_CASE("The options of an event can be submitted again, whatever they are") {
    native::Samples samples(71);
    for (int i = 0; i < 5000; ++i) {
        model::JobOptions options = samples.options();
        options.meta = i % 4 == 0 ? meta_sample(samples) : base::Blob();
        const std::string text = options_of(options);
        CAPTURE(text);
        const auto again = parse_options(json::parse(text));
        REQUIRE(again);
        CHECK(*again == options);
    }
}

TEST_CASE("Bytes that are no UTF-8 are base64, and every line is one line of JSON") {
    const auto params = payload(Encoding::Msgpack, std::string("\x91\xFF\n", 3));
    EventForPeople event = event_of(EventKind::Received);
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
    EventForPeople event = event_of(EventKind::Received);
    event.params = &absent;
    CHECK_FALSE(json::parse(line_of(event)).contains("params"));
    const auto empty = payload(Encoding::Opaque, "");
    event.params = &empty;
    CHECK(json::parse(line_of(event))["params"] == "");
    CHECK(json::parse(line_of(event))["encoding"] == "opaque");
}

TEST_CASE("Of params that are too many an event tells how many they are") {
    const auto params = payload(Encoding::Opaque, "12345");
    EventForPeople event = event_of(EventKind::Received);
    event.params = &params;
    event.params_bytes_max = 5;
    CHECK(json::parse(line_of(event))["params"] == "12345");
    event.params_bytes_max = 4;
    const json read = json::parse(line_of(event));
    CHECK_FALSE(read.contains("params"));
    CHECK(read["params_bytes"] == 5);
    CHECK(read["encoding"] == "opaque");
}

TEST_CASE("Meta that is no map of strings does not spoil the line") {
    for (const std::string bytes : {"\xC1", "\x91\xFF", "junk"}) {
        model::JobOptions options;
        options.meta = base::Blob::copy(bytes);
        EventForPeople event = event_of(EventKind::Received);
        event.options = std::make_shared<const model::JobOptions>(options);
        CHECK(json::accept(line_of(event)));
    }
}

TEST_CASE("What a writer has written before does not show in what it writes") {
    native::Samples samples(73);
    EventWriter writer;
    std::shared_ptr<const model::JobOptions> options;  // sometimes those of the event before
    for (int i = 0; i < 3000; ++i) {
        if (samples.below(3) != 0) {
            options = std::make_shared<const model::JobOptions>(samples.options());
        }
        const auto params = payload(Encoding::Opaque, samples.bytes(5000));
        const std::string detail = samples.bytes(40);
        const std::string service = samples.below(2) == 0 ? "mail" : samples.bytes(20);
        EventForPeople event = event_of(static_cast<EventKind>(samples.below(model::kEventKinds)));
        event.at = base::WallTime(1us * static_cast<std::int64_t>(samples.below(3)));
        event.job = {samples.below(3), samples.below(3) << samples.below(40)};
        event.service = service;
        event.attempt = static_cast<std::uint32_t>(samples.below(12));
        event.worker = samples.below(2) == 0 ? "" : "00ff";
        event.detail = detail;
        event.submission = {samples.below(3), samples.below(1000)};
        event.params = samples.below(2) == 0 ? nullptr : &params;
        event.options = samples.below(2) == 0 ? nullptr : options;
        GrowingBuffer line;
        writer.append(line, event);
        REQUIRE(line.view() == line_of(event));
        if (event.job != model::JobId{}) {
            CHECK(line.view().find("\"job\":\"" + event.job.text()) != std::string_view::npos);
        }
    }
}

TEST_CASE("A string is the same in a buffer as in a text") {
    native::Samples samples(74);
    base::Prng prng(2);
    for (int i = 0; i < 20'000; ++i) {
        std::string bytes = samples.bytes(i % 100 == 0 ? 9000 : 60);
        for (std::uint64_t n = prng.below(4); n > 0 && !bytes.empty(); --n) {
            static constexpr std::string_view kSpecial = "\"\\\n\x01\x1F\x20\x7F\x80\xC3\xFF";
            bytes[prng.below(bytes.size())] = kSpecial[prng.below(kSpecial.size())];
        }
        if (prng.chance(1, 4)) {
            bytes += "\u00FC\u20AC\"\U0001F600";
        }
        std::string text = "before";
        GrowingBuffer buffer;
        buffer.append(text);
        append_json_string(text, bytes);
        append_json_string(buffer, bytes);
        REQUIRE(buffer.view() == text);
    }
}

TEST_CASE("A topic is the service and the event") {
    std::string topic;
    append_event_topic(topic, event_of(EventKind::ExecuteComplete));
    CHECK(topic == "mail.EXECUTE_COMPLETE");
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

TEST_CASE("Base64 is read as it is written and in no other form") {
    native::Samples samples(72);
    for (int i = 0; i < 5000; ++i) {
        const std::string bytes = samples.bytes(100);
        CHECK(from_base64(to_base64(bytes)) == bytes);
    }
    for (const char* bad : {"=",
                            "A",
                            "AA",
                            "AAA",
                            "AA=",
                            "AAA==",
                            "AA==AA==",
                            "A===",
                            "====",
                            "AB==",
                            "AAB=",
                            "AA-_",
                            "AAAA\n",
                            " AAA",
                            "AA\xFF="}) {
        CAPTURE(bad);
        CHECK_FALSE(from_base64(bad).has_value());
    }
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
