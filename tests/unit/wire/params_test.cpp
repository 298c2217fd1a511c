// tests/unit/wire: params read and written in each encoding, at and past every limit.
#include "common/wire/params.hpp"

#include <cmath>
#include <limits>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "common/model/limits.hpp"
#include "common/wire/params_sink.hpp"
#include "tests/unit/wire/frames_text.hpp"

namespace steward::wire {
namespace {

using namespace std::string_literals;
using namespace test;
using base::Errc;
using model::Encoding;
using nlohmann::json;

base::Expected<json> decode(Encoding encoding, std::string_view bytes) {
    return decode_params(payload(encoding, bytes));
}

json good(Encoding encoding, std::string_view bytes) {
    auto value = decode(encoding, bytes);
    REQUIRE(value);
    return *value;
}

std::string refused(Encoding encoding, std::string_view bytes) {
    const auto value = decode(encoding, bytes);
    REQUIRE_FALSE(value);
    CHECK(value.error().code == Errc::BadParams);
    return value.error().message;
}

std::string encoded(const json& value, Encoding encoding) {
    return std::string(encode_params(value, encoding).bytes.view());
}

std::string nested(std::size_t depth, const std::string& open, const std::string& close) {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i) {
        text += open;
    }
    for (std::size_t i = 0; i < depth; ++i) {
        text += close;
    }
    return text;
}

json samples() {
    return json::parse(R"({"null": null, "yes": true, "no": false, "zero": 0, "minus": -1,
        "least": -9223372036854775808, "most": 9223372036854775807, "half": 0.5, "text": "läßt",
        "empty": "", "list": [1, [2, []], "x"], "map": {"a": {"b": [null]}}})");
}

}  // namespace

TEST_CASE("A value survives each structured encoding") {
    for (const Encoding encoding : {Encoding::Json, Encoding::Msgpack, Encoding::Php}) {
        const model::Payload written = encode_params(samples(), encoding);
        CHECK(written.encoding == encoding);
        const auto read = decode_params(written);
        REQUIRE(read);
        CHECK(*read == samples());
    }
}

TEST_CASE("Absent gives null, opaque bytes a string, frames a list of strings") {
    CHECK(good(Encoding::Absent, "") == nullptr);
    CHECK(good(Encoding::Opaque, "a\0b"s) == "a\0b"s);
    CHECK(*decode_params(pack_frames(frames({"a", "", "b"}))) == json{"a", "", "b"});
}

TEST_CASE("An encoding that does not exist is an error, not a crash") {
    const auto value = decode(static_cast<Encoding>(99), "x");
    REQUIRE_FALSE(value);
    CHECK(value.error().code == Errc::BadParams);
    CHECK(encode_params("x", static_cast<Encoding>(99)) == payload(Encoding::Opaque, "x"));
    CHECK(make_param_frame(payload(static_cast<Encoding>(99), "x")).view() == "x");
}

TEST_CASE("JSON that is none is refused with the byte") {
    CHECK(refused(Encoding::Json, "").find("byte") != std::string::npos);
    CHECK(refused(Encoding::Json, "{\"a\": 1,}").find("byte 9") != std::string::npos);
    for (const std::string text :
         {"[1, 2", "nul", "'a'", "1 2", "{\"a\"}", "\"\xFF\"", "01", "NaN"}) {
        refused(Encoding::Json, text);
    }
    refused(Encoding::Json, "1e999");
}

TEST_CASE("JSON numbers keep their kind") {
    CHECK(encoded(json(1), Encoding::Json) == "1");
    CHECK(encoded(json(1.0), Encoding::Json) == "1.0");
    CHECK(encoded(json(-0.1), Encoding::Json) == "-0.1");
    CHECK(encoded(json(1e300), Encoding::Json) == "1e+300");
    CHECK(encoded(json(UINT64_MAX), Encoding::Json) == "18446744073709551615");
    CHECK(encoded(json(INT64_MIN), Encoding::Json) == "-9223372036854775808");
    CHECK(encoded(json(std::nan("")), Encoding::Json) == "null");
    CHECK(encoded(json(std::numeric_limits<double>::infinity()), Encoding::Json) == "null");
}

TEST_CASE("JSON strings are escaped, and bytes that are no UTF-8 are shown as base64") {
    CHECK(encoded("a\"b\\c\n\x01ü", Encoding::Json) == "\"a\\\"b\\\\c\\n\\u0001ü\"");
    CHECK(encoded("\xFF", Encoding::Json) == "{\"base64\":\"/w==\"}");
    CHECK(encoded(json{{"\xFF", 1}}, Encoding::Json) == "{\"base64:/w==\":1}");
    CHECK(encoded(json::binary({0, 1}), Encoding::Msgpack) == "\xA2\0\x01"s);
}

TEST_CASE("msgpack is read in all its forms") {
    CHECK(good(Encoding::Msgpack, "\xC0") == nullptr);
    CHECK(good(Encoding::Msgpack, "\xC3") == true);
    CHECK(good(Encoding::Msgpack, "\x7F") == 127);
    CHECK(good(Encoding::Msgpack, "\xE0") == -32);
    CHECK(good(Encoding::Msgpack, "\xD0\x05") == 5);
    CHECK(good(Encoding::Msgpack, "\xCF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF") == UINT64_MAX);
    CHECK(good(Encoding::Msgpack, "\xD3\x80\0\0\0\0\0\0\0"s) == INT64_MIN);
    CHECK(good(Encoding::Msgpack, "\xCA\x3F\0\0\0"s) == 0.5);
    CHECK(good(Encoding::Msgpack, "\xCB\x3F\xE0\0\0\0\0\0\0"s) == 0.5);
    CHECK(good(Encoding::Msgpack, "\xD9\x01x") == "x");
    CHECK(good(Encoding::Msgpack, "\xC4\x02\0\xFF"s) == "\0\xFF"s);
    CHECK(good(Encoding::Msgpack, "\x90") == json::array());
    CHECK(good(Encoding::Msgpack, "\x80") == json::object());
    CHECK(good(Encoding::Msgpack, "\xDC\0\x01\x01"s) == json{1});
    CHECK(good(Encoding::Msgpack, "\x83\x01\xA1x\xFF\xA1y\xC4\x01k\xA1z") ==
          json{{"1", "x"}, {"-1", "y"}, {"k", "z"}});
    CHECK(good(Encoding::Msgpack,
               "\x82\xA1"
               "a\x01\xA1"
               "a\x02") == json{{"a", 2}});
}

TEST_CASE("msgpack that is none is refused") {
    for (const std::string& bytes : {""s,
                                     "\xC1"s,
                                     "\x01\x02"s,
                                     "\xA3xy"s,
                                     "\x92\x01"s,
                                     "\xD4\x01\x02"s,
                                     "\xC7\0\x01"s,
                                     "\x81\xC0\x01"s,
                                     "\x81\xC3\x01"s,
                                     "\x81\xCA\0\0\0\0\x01"s,
                                     "\x81\x90\x01"s,
                                     "\x81\x80\x01"s,
                                     "\xDB\xFF\xFF\xFF\xFF"s,
                                     "\xC6\xFF\xFF\xFF\xFF"s,
                                     "\xC9\xFF\xFF\xFF\xFF\x01"s,
                                     "\xDD\xFF\xFF\xFF\xFF"s,
                                     "\xDF\xFF\xFF\xFF\xFF"s}) {
        refused(Encoding::Msgpack, bytes);
    }
    CHECK(refused(Encoding::Msgpack, "\x81\x90\x01").find("an array cannot be a key") !=
          std::string::npos);
}

TEST_CASE("msgpack text is str where it is UTF-8 and bin where it is not") {
    CHECK(encoded("ü", Encoding::Msgpack) == "\xA2ü");
    CHECK(encoded("\xFF", Encoding::Msgpack) == "\xC4\x01\xFF");
    CHECK(encoded(json(-1.5), Encoding::Msgpack) == "\xCB\xBF\xF8\0\0\0\0\0\0"s);
}

TEST_CASE("Nesting is held to its limit in every encoding") {
    struct Sample {
        Encoding encoding;
        std::string open;
        std::string close;
    };

    const std::size_t most = model::kParamsDepthMax;
    for (const Sample& sample : {Sample{Encoding::Json, "[", "]"},
                                 Sample{Encoding::Msgpack, "\x91", ""},
                                 Sample{Encoding::Php, "a:1:{i:0;", "}"}}) {
        std::string core = "1";
        core = sample.encoding == Encoding::Msgpack ? "\x01" : core;
        core = sample.encoding == Encoding::Php ? "i:1;" : core;
        const auto at = [&](std::size_t depth) {
            std::string text;
            for (std::size_t i = 0; i < depth; ++i) {
                text += sample.open;
            }
            text += core;
            for (std::size_t i = 0; i < depth; ++i) {
                text += sample.close;
            }
            return text;
        };
        CHECK(decode(sample.encoding, at(most)));
        CHECK(refused(sample.encoding, at(most + 1)).find("deeper than 128") != std::string::npos);
        refused(sample.encoding, at(100'000));
    }
}

TEST_CASE("A megabyte of opening brackets costs nothing") {
    refused(Encoding::Json, std::string(1U << 20U, '['));
    refused(Encoding::Msgpack, std::string(1U << 20U, '\x91'));
    refused(Encoding::Msgpack, std::string(1U << 20U, '\xDF'));
    refused(Encoding::Php, nested(100'000, "a:1:{i:0;", ""));
    const auto text = payload(Encoding::Opaque, std::string(1U << 20U, '['));
    CHECK(convert_params(text, Encoding::Json).bytes.size() == (1U << 20U) + 2);
}

TEST_CASE("The number of values is held to its limit") {
    std::string list = "[";
    for (std::size_t i = 0; i + 2 < kParamsValuesMax; ++i) {
        list += "0,";
    }
    CHECK(decode(Encoding::Json, list + "0]"));
    CHECK(refused(Encoding::Json, list + "0,0]").find("1000000 values") != std::string::npos);
}

TEST_CASE("Values of one's own are written however deep they are") {
    json deep = 1;
    for (int i = 0; i < 1000; ++i) {
        deep = json::array({std::move(deep)});
    }
    CHECK(encoded(deep, Encoding::Json) == nested(1000, "[", "]").insert(1000, "1"));
}

TEST_CASE("A wish for opaque bytes gives a string's bytes, nothing for null, else JSON") {
    for (const Encoding wish : {Encoding::Absent, Encoding::Opaque, Encoding::Frames}) {
        CHECK(encode_params("a\0b"s, wish) == payload(Encoding::Opaque, "a\0b"s));
        CHECK(encode_params(nullptr, wish) == model::Payload{});
        CHECK(encode_params(json{{"a", 1}}, wish) == payload(Encoding::Json, "{\"a\":1}"));
    }
    CHECK(encode_params(json{"a", ""}, Encoding::Frames) == pack_frames(frames({"a", ""})));
    CHECK(encode_params(json{"a", 1}, Encoding::Frames) == payload(Encoding::Json, "[\"a\",1]"));
}

TEST_CASE("Conversion to the same encoding and to opaque wishes changes nothing") {
    const auto broken = payload(Encoding::Json, "{");
    for (const Encoding wish :
         {Encoding::Json, Encoding::Absent, Encoding::Opaque, Encoding::Frames}) {
        CHECK(convert_params(broken, wish) == broken);
    }
    for (const Encoding wish : {Encoding::Json, Encoding::Msgpack, Encoding::Php}) {
        CHECK(convert_params({}, wish) == model::Payload{});
    }
}

TEST_CASE("Each structured encoding turns into each other") {
    const Encoding all[] = {Encoding::Json, Encoding::Msgpack, Encoding::Php};
    for (const Encoding from : all) {
        for (const Encoding to : all) {
            const auto turned = convert_params(encode_params(samples(), from), to);
            CHECK(turned.encoding == to);
            CHECK(*decode_params(turned) == samples());
        }
    }
}

TEST_CASE("Opaque bytes become JSON: a JSON text itself, other text a string, other bytes base64") {
    const auto to_json = [](std::string_view bytes) {
        return convert_params(payload(Encoding::Opaque, bytes), Encoding::Json);
    };
    CHECK(to_json("{\"a\" : 1}") == payload(Encoding::Json, "{\"a\" : 1}"));
    CHECK(to_json("hello") == payload(Encoding::Json, "\"hello\""));
    CHECK(to_json("") == payload(Encoding::Json, "\"\""));
    CHECK(to_json("\0"s) == payload(Encoding::Json, "\"\\u0000\""));
    CHECK(to_json("\xFF\xFE") == payload(Encoding::Json, "{\"base64\":\"//4=\"}"));
    CHECK(convert_params(payload(Encoding::Opaque, "\xFF"), Encoding::Msgpack) ==
          payload(Encoding::Msgpack, "\xC4\x01\xFF"));
    CHECK(convert_params(payload(Encoding::Opaque, "\xFF"), Encoding::Php) ==
          payload(Encoding::Php, "s:1:\"\xFF\";"));
    CHECK(convert_params(pack_frames(frames({"a", "b"})), Encoding::Json) ==
          payload(Encoding::Json, "[\"a\",\"b\"]"));
}

TEST_CASE("What cannot be read is converted as the bytes it is") {
    CHECK(convert_params(payload(Encoding::Php, "O:1:\"A\":0:{}"), Encoding::Json) ==
          payload(Encoding::Json, "\"O:1:\\\"A\\\":0:{}\""));
    CHECK(convert_params(payload(Encoding::Json, "{"), Encoding::Php) ==
          payload(Encoding::Php, "s:1:\"{\";"));
}

TEST_CASE("Frames are packed and unpacked, empty ones too") {
    CHECK(pack_frames({}) == model::Payload{});
    CHECK(pack_frames(frames({""})) == payload(Encoding::Opaque, ""));
    CHECK(pack_frames(frames({"a", "bc"})) ==
          payload(Encoding::Frames, "\x01\0\0\0a\x02\0\0\0bc"s));
    CHECK(texts(unpack_frames(pack_frames(frames({"", "", "x"})))) == Texts{"", "", "x"});
    CHECK(texts(unpack_frames({})) == Texts{""});
    CHECK(texts(unpack_frames(payload(Encoding::Json, "[1]"))) == Texts{"[1]"});
}

TEST_CASE("Packed frames that are none are one frame") {
    for (const std::string& bytes : {""s, "\x01"s, "\x02\0\0\0a"s, "\xFF\xFF\xFF\xFFxyz"s}) {
        CHECK(texts(unpack_frames(payload(Encoding::Frames, bytes))) == Texts{bytes});
    }
    const std::string most(4 * model::kFramesPerMessageMax, '\0');
    CHECK(unpack_frames(payload(Encoding::Frames, most)).size() == model::kFramesPerMessageMax);
    CHECK(unpack_frames(payload(Encoding::Frames, most + "\0\0\0\0"s)).size() == 1);
}

TEST_CASE("Each PARAM prefix and alias is known, and written as its first form") {
    struct Row {
        std::string prefix;
        Encoding encoding;
        std::string written;
    };

    for (const Row& row : {Row{"PARAM-JSON: ", Encoding::Json, "PARAM-JSON: "},
                           Row{"JSON-PARAM: ", Encoding::Json, "PARAM-JSON: "},
                           Row{"PARAM-MSGPACK: ", Encoding::Msgpack, "PARAM-MSGPACK: "},
                           Row{"PARAM-PHP: ", Encoding::Php, "PARAM-PHP: "},
                           Row{"PARAM: ", Encoding::Php, "PARAM-PHP: "}}) {
        for (const std::string& bytes : {""s, "x"s, "{\"a\": \"b: c\"}"s, "\0: \0"s}) {
            CHECK(is_param_frame(row.prefix + bytes));
            const auto read = parse_param_frame(base::Blob::copy(row.prefix + bytes));
            CHECK(read == payload(row.encoding, bytes));
            CHECK(make_param_frame(read).view() == row.written + bytes);
        }
    }
}

TEST_CASE("A frame without a known PARAM prefix is opaque") {
    for (const std::string text : {"",
                                   "0",
                                   "PARAM",
                                   "PARAM-JSON",
                                   "PARAM-JSON:{}",
                                   "param-json: 1",
                                   " PARAM-JSON: 1",
                                   "PARAM-XML: <a/>"}) {
        CHECK_FALSE(is_param_frame(text));
        CHECK(parse_param_frame(base::Blob::copy(text)) == payload(Encoding::Opaque, text));
        CHECK(make_param_frame(payload(Encoding::Opaque, text)).view() == text);
    }
    CHECK(make_param_frame({}).empty());
}

}  // namespace steward::wire
