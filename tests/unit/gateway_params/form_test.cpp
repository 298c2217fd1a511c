// tests/unit/gateway_params: queries and forms, and the paths before them.
#include "gateway/params/form.hpp"

#include <string>

#include <doctest/doctest.h>

#include "gateway/params/limits.hpp"
#include "gateway/params/params_object.hpp"
#include "gateway/params/target.hpp"

namespace steward::gateway {
namespace {

using base::Errc;

Pairs pairs_of(std::string_view text) {
    auto pairs = parse_pairs(text, "query");
    REQUIRE_MESSAGE(pairs, std::string(text));
    return *pairs;
}

std::string refusal_of(std::string_view text) {
    const auto pairs = parse_pairs(text, "query");
    REQUIRE_FALSE_MESSAGE(pairs, std::string(text));
    CHECK(pairs.error().code == Errc::BadParams);
    return pairs.error().message;
}

std::string object_of(std::string_view text) {
    ParamsObject object;
    object.add_all(pairs_of(text));
    return object.text();
}

std::string names_in_a_row(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        text += "k" + std::to_string(i) + "=v&";
    }
    return text;
}

}  // namespace

TEST_CASE("Pairs come in their order, decoded") {
    CHECK(pairs_of("").empty());
    CHECK(pairs_of("&&").empty());
    CHECK(pairs_of("to=ann&copies=2") == Pairs{{"to", "ann"}, {"copies", "2"}});
    CHECK(pairs_of("a+b=c%20d%2B%26%3d") == Pairs{{"a b", "c d+&="}});
    CHECK(pairs_of("k&=v&x=&y=a=b") == Pairs{{"k", ""}, {"", "v"}, {"x", ""}, {"y", "a=b"}});
    CHECK(pairs_of("n=%C3%A9") == Pairs{{"n", "\xC3\xA9"}});
    CHECK(pairs_of("n=\xC3\xA9") == Pairs{{"n", "\xC3\xA9"}});
    CHECK(pairs_of("z=%00") == Pairs{{"z", std::string(1, '\0')}});
}

TEST_CASE("A bad escape is told with its place") {
    CHECK(refusal_of("a=1&b=%zz") ==
          "the query cannot be read at byte 6: \"%zz\" is no escape; a percent sign itself is "
          "written %25");
    CHECK(refusal_of("%").find("byte 0: \"%\"") != std::string::npos);
    CHECK(refusal_of("a=%4").find("byte 2: \"%4\"") != std::string::npos);
    CHECK(refusal_of("%4=a").find("\"%4\"") != std::string::npos);
}

TEST_CASE("Names and values are UTF-8") {
    CHECK(refusal_of("a=1&b=%ff") == "the query cannot be read at byte 6: \"\\xff\" is no UTF-8");
    CHECK(refusal_of("%C3=1").find("byte 0") != std::string::npos);
    CHECK(refusal_of("a=\xED\xA0\x80").find("UTF-8") != std::string::npos);
}

TEST_CASE("As many names as allowed are taken, and not one more") {
    CHECK(pairs_of(names_in_a_row(kPairsMax)).size() == kPairsMax);
    const auto refused = parse_pairs(names_in_a_row(kPairsMax + 1), "form");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::TooLarge);
    CHECK(refused.error().message == "the form has more than 1000 names; more params go as JSON");
}

TEST_CASE("A name given more than once is an array, and so is one with brackets") {
    CHECK(object_of("a=1&b=2") == R"({"a":"1","b":"2"})");
    CHECK(object_of("a=1&b=2&a=3") == R"({"a":["1","3"],"b":"2"})");
    CHECK(object_of("a[]=1") == R"({"a":["1"]})");
    CHECK(object_of("a%5B%5D=1&a=2&a[]=3") == R"({"a":["1","2","3"]})");
    CHECK(object_of("a[k]=1&[]=2") == R"({"a[k]":"1","[]":"2"})");
}

TEST_CASE("What JSON must escape is escaped") {
    CHECK(object_of("a%22=%0A%5C") == R"({"a\"":"\n\\"})");
}

TEST_CASE("What is there already is not replaced by what is missing") {
    ParamsObject query;
    query.add_all(pairs_of("a=1&a=2"));
    ParamsObject body;
    body.set("a", "7");
    body.set("b", "1.50");
    body.set("b", "1e400");
    query.add_missing(std::move(body));
    CHECK(query.text() == R"({"a":["1","2"],"b":1e400})");
    CHECK(ParamsObject().text() == "{}");
    CHECK(ParamsObject().empty());
}

TEST_CASE("A path is taken apart before it is decoded") {
    using Segments = std::vector<std::string>;
    CHECK(segments_of("/") == Segments{});
    CHECK(segments_of("/a") == Segments{"a"});
    CHECK(segments_of("/a/") == Segments{"a", ""});
    CHECK(segments_of("//a") == Segments{"", "a"});
    CHECK(segments_of("/v1/services/a%2Fb+c%20d/jobs") ==
          Segments{"v1", "services", "a/b+c d", "jobs"});
    CHECK(segments_of("/%ff/..") == Segments{"\xff", ".."});
}

TEST_CASE("A path that cannot be read is refused with its place") {
    const auto escape = segments_of("/a/%2");
    REQUIRE_FALSE(escape);
    CHECK(escape.error().message.starts_with("the path cannot be read at byte 3: \"%2\""));
    CHECK_FALSE(segments_of(""));
    CHECK_FALSE(segments_of("a"));
    std::string longest;
    for (std::size_t i = 0; i < kSegmentsMax; ++i) {
        longest += "/s";
    }
    CHECK(segments_of(longest)->size() == kSegmentsMax);
    const auto longer = segments_of(longest + "/s");
    REQUIRE_FALSE(longer);
    CHECK(longer.error().code == Errc::TooLarge);
}

}  // namespace steward::gateway
