// tests: the answer to a check, and the arguments that may carry a secret, in both directions.
#include "common/wire/check.hpp"

#include <doctest/doctest.h>

namespace steward::wire {

TEST_CASE("A check comes back as it was written") {
    const Check check{"all is \"well\"",
                      true,
                      {{"running", 2, "", 0, 4}, {"cpu", 1.25, "s"}, {"drift", -3, "ms", {}, {}}}};
    const auto read = parse_check(to_json(check));
    REQUIRE(read);
    CHECK(*read == check);
    CHECK(to_json({"x", false, {{"n", 3, "c"}}}) ==
          R"({"counters":[{"max":null,"min":0,"name":"n","unit":"c","value":3}],)"
          R"("privileged":false,"text":"x"})");
}

TEST_CASE("More counters than may be are cut off, and refused by who reads") {
    Check check{"many", false, {}};
    check.counters.resize(kCheckCountersMax + 1, {"n", 1});
    const auto read = parse_check(to_json(check));
    REQUIRE(read);
    CHECK(read->counters.size() == kCheckCountersMax);
}

TEST_CASE("What is no check is refused") {
    for (const char* text : {"",
                             "[]",
                             "{}",
                             R"({"text":1,"counters":[]})",
                             R"({"text":"x","counters":[{"name":"n"}]})",
                             R"({"text":"x","counters":[{"name":"n","value":"1"}]})"}) {
        INFO("json: ", text);
        CHECK_FALSE(parse_check(text));
    }
}

TEST_CASE("A secret travels in the arguments, or nothing does") {
    CHECK(secret_arguments(std::nullopt).empty());
    CHECK(read_secret({}).value() == std::nullopt);
    CHECK(read_secret(base::Blob::copy("{}")).value() == std::nullopt);
    CHECK(read_secret(secret_arguments("it's")).value() == "it's");
    for (const char* text :
         {"x", "[]", R"({"secret":1})", R"({"secret":"x","more":1})", R"({"b":"x"})"}) {
        INFO("arguments: ", text);
        CHECK_FALSE(read_secret(base::Blob::copy(text)));
    }
}

}  // namespace steward::wire
