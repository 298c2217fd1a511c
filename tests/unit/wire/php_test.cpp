// tests/unit/wire: PHP's serialize() format against what PHP itself writes, and what is refused.
#include <cmath>
#include <limits>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "common/wire/params.hpp"
#include "tests/unit/wire/frames_text.hpp"

namespace steward::wire {
namespace {

using namespace std::string_literals;
using namespace test;
using base::Errc;
using model::Encoding;
using nlohmann::json;

json read(std::string_view text) {
    auto value = decode_params(payload(Encoding::Php, text));
    REQUIRE(value);
    return *value;
}

std::string refused(std::string_view text) {
    const auto value = decode_params(payload(Encoding::Php, text));
    REQUIRE_FALSE(value);
    CHECK(value.error().code == Errc::BadParams);
    return value.error().message;
}

std::string written(const json& value) {
    return std::string(encode_params(value, Encoding::Php).bytes.view());
}

bool has_part(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("What PHP's serialize() gives for plain values is read and written alike") {
    struct Vector {
        std::string text;
        json value;
    };

    const Vector vectors[] = {
        {"N;", nullptr},
        {"b:1;", true},
        {"b:0;", false},
        {"i:0;", 0},
        {"i:-42;", -42},
        {"i:9223372036854775807;", INT64_MAX},
        {"i:-9223372036854775808;", INT64_MIN},
        {"d:0.1;", 0.1},
        {"d:-2.5;", -2.5},
        {"d:1;", 1.0},
        {"d:3.141592653589793;", 3.141592653589793},
        {"s:0:\"\";", ""},
        {"s:5:\"hello\";", "hello"},
        {"s:2:\"ü\";", "ü"},
        {"s:7:\"a\"b;\0'c\";"s, "a\"b;\0'c"s},
        {"a:0:{}", json::array()},
        {"a:3:{i:0;i:1;i:1;s:3:\"two\";i:2;d:3.5;}", json{1, "two", 3.5}},
        {"a:2:{s:4:\"name\";s:3:\"Bob\";s:3:\"tel\";N;}", json{{"name", "Bob"}, {"tel", nullptr}}},
        {"a:1:{i:5;b:1;}", json{{"5", true}}},
        {"a:1:{i:-1;b:1;}", json{{"-1", true}}},
        {"a:1:{s:1:\"a\";a:1:{i:0;a:1:{s:1:\"b\";i:1;}}}", json{{"a", {{{"b", 1}}}}}},
    };
    for (const Vector& vector : vectors) {
        INFO(vector.text);
        CHECK(read(vector.text) == vector.value);
        CHECK(written(vector.value) == vector.text);
    }
}

TEST_CASE("Floats are read in the spellings of all PHP versions") {
    CHECK(read("d:1.0E+25;") == 1e25);
    CHECK(read("d:1.0E-7;") == 1e-7);
    CHECK(read("d:0.10000000000000001;") == 0.1);
    CHECK(read("d:INF;") == std::numeric_limits<double>::infinity());
    CHECK(read("d:-INF;") == -std::numeric_limits<double>::infinity());
    CHECK(std::isnan(read("d:NAN;").get<double>()));
    CHECK(written(std::numeric_limits<double>::infinity()) == "d:INF;");
    CHECK(written(-std::numeric_limits<double>::infinity()) == "d:-INF;");
    CHECK(written(std::nan("")) == "d:NAN;");
    CHECK(read(written(1e25)) == 1e25);
}

TEST_CASE("An array is a list when its keys are 0, 1, 2 in order, and a map otherwise") {
    CHECK(read("a:2:{i:0;s:1:\"a\";i:1;s:1:\"b\";}") == json{"a", "b"});
    CHECK(read("a:2:{i:1;s:1:\"b\";i:0;s:1:\"a\";}") == json{{"0", "a"}, {"1", "b"}});
    CHECK(read("a:2:{i:0;s:1:\"a\";i:2;s:1:\"c\";}") == json{{"0", "a"}, {"2", "c"}});
    CHECK(read("a:3:{i:0;i:5;i:1;i:6;s:1:\"x\";i:7;}") == json{{"0", 5}, {"1", 6}, {"x", 7}});
    CHECK(read("a:2:{i:0;a:1:{i:0;N;}s:1:\"x\";i:7;}") == json{{"0", {nullptr}}, {"x", 7}});
}

TEST_CASE("Keys that look like integers are written as integers, as PHP does") {
    CHECK(written(json{{"0", 1}}) == "a:1:{i:0;i:1;}");
    CHECK(written(json{{"-7", 1}}) == "a:1:{i:-7;i:1;}");
    CHECK(written(json{{"-0", 1}}) == "a:1:{s:2:\"-0\";i:1;}");
    CHECK(written(json{{"07", 1}}) == "a:1:{s:2:\"07\";i:1;}");
    CHECK(written(json{{"", 1}}) == "a:1:{s:0:\"\";i:1;}");
    CHECK(written(json{{"9223372036854775808", 1}}) == "a:1:{s:19:\"9223372036854775808\";i:1;}");
    CHECK(written(json{{"9223372036854775807", 1}}) == "a:1:{i:9223372036854775807;i:1;}");
}

TEST_CASE("An integer beyond 64 bits becomes a float, as in PHP") {
    CHECK(written(UINT64_MAX) == "d:18446744073709551616;");
    CHECK(read(written(UINT64_MAX)) == 18446744073709551616.0);
}

TEST_CASE("Whatever could name a class is refused and told so, at any depth") {
    for (const std::string inner :
         {"O:8:\"stdClass\":0:{}", "C:1:\"A\":1:{x}", "r:1;", "R:1;", "E:3:\"A:B\";"}) {
        CHECK(has_part(refused(inner), "at byte 0"));
        CHECK(has_part(refused(inner), "is refused"));
        CHECK(has_part(refused("a:1:{i:0;" + inner + "}"), "is refused"));
        CHECK(has_part(refused("a:1:{i:0;" + inner + "}"), "at byte 9"));
    }
    CHECK(has_part(refused("O:8:\"stdClass\":0:{}"), "an object"));
    CHECK(has_part(refused("R:1;"), "a reference"));
    CHECK(has_part(refused("E:3:\"A:B\";"), "an enum"));
}

TEST_CASE("What is not serialized by PHP is refused") {
    for (const std::string& text : {""s,
                                    "N"s,
                                    "n;"s,
                                    "N;N;"s,
                                    "b:2;"s,
                                    "b:1"s,
                                    "i:;"s,
                                    "i:1"s,
                                    "i:+1;"s,
                                    "i:1.5;"s,
                                    "i: 1;"s,
                                    "d:;"s,
                                    "d:abc;"s,
                                    "d:inf;"s,
                                    "d:nan;"s,
                                    "d:-;"s,
                                    "d:1e999;"s,
                                    "d:0x1;"s,
                                    "s:1:\"ab\";"s,
                                    "s:3:\"ab\";"s,
                                    "s:2:ab;"s,
                                    "s:2:\"ab\""s,
                                    "s:-1:\"\";"s,
                                    "s:1:'a';"s,
                                    "S:1:\"a\";"s,
                                    "a:1:{}"s,
                                    "a:0:{"s,
                                    "a:0:{};"s,
                                    "a:1:{i:0;}"s,
                                    "a:1:{i:0;N;"s,
                                    "a:1:{N;N;}"s,
                                    "a:1:{b:1;N;}"s,
                                    "a:1:{d:1;N;}"s,
                                    "a:2:{i:0;N;}"s,
                                    "a:0:{i:0;N;}"s,
                                    "x"s,
                                    "\0"s,
                                    "i:9223372036854775808;"s,
                                    "a:-1:{}"s,
                                    "a:1:i:0;N;"s}) {
        INFO(text);
        refused(text);
    }
}

TEST_CASE("Announced sizes are compared with the bytes that are left") {
    CHECK(has_part(refused("s:18446744073709551615:\"a\";"), "more bytes than there are"));
    CHECK(has_part(refused("s:18446744073709551616:\"a\";"), "no string length"));
    CHECK(has_part(refused("a:18446744073709551615:{}"), "more elements than"));
    CHECK(has_part(refused("a:2:{i:0;N;i:1;}"), "more elements than"));
    CHECK(has_part(refused("a:1000000000:{i:0;N;}"), "more elements than"));
}

}  // namespace steward::wire
