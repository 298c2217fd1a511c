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

TEST_CASE("A secret and a worker travel in the arguments, or nothing does") {
    CHECK(to_blob({}).empty());
    CHECK(read_check_arguments({}).value() == CheckArguments{});
    CHECK(read_check_arguments(base::Blob::copy("{}")).value() == CheckArguments{});
    for (const CheckArguments& arguments :
         {CheckArguments{"it's", {}}, CheckArguments{{}, "0a"}, CheckArguments{"", "0a"}}) {
        CHECK(read_check_arguments(to_blob(arguments)).value() == arguments);
    }
    for (const char* text : {"x",
                             "[]",
                             R"({"secret":1})",
                             R"({"secret":"x","more":1})",
                             R"({"b":"x"})",
                             R"({"worker":["x"]})"}) {
        INFO("arguments: ", text);
        CHECK_FALSE(read_check_arguments(base::Blob::copy(text)));
    }
}

}  // namespace steward::wire
