#include "common/wire/json_glance.hpp"

#include <array>
#include <string>

#include <doctest/doctest.h>

#include "common/wire/params_json.hpp"

namespace steward::wire {

namespace {

// The judge: with somebody who listens nothing is told at a glance.
bool is_json(std::string_view text) {
    ParamsGate listener;
    return read_json(text, &listener).has_value();
}

}  // namespace

TEST_CASE("What is asked for most is JSON at a glance") {
    for (const char* text : {"null",
                             " true ",
                             "[]",
                             "{}",
                             "\"to bob\"",
                             "-12.50",
                             R"({"to": "bob", "copies": [1, 2, {"a\n\"b": false}], "x": -0.25})",
                             "[[[ ] , { } ],\t\r\n0]"}) {
        CHECK_MESSAGE(is_surely_json(text), text);
        CHECK_MESSAGE(is_json(text), text);
    }
}

TEST_CASE("A glance leaves to the judge what is rare, and never takes what the judge refuses") {
    const std::string deep_most = std::string(65, '[') + std::string(65, ']');
    CHECK(is_surely_json(deep_most));
    CHECK_FALSE(is_surely_json("[" + deep_most + "]"));
    for (const char* text : {"1e5", "\"\\u0041\"", "\"\xc3\xa9\"", "123456789012345678901"}) {
        CHECK_MESSAGE(!is_surely_json(text), text);
        CHECK_MESSAGE(is_json(text), text);
    }
    for (const char* text :
         {"",         " ",          "[",     "]",    "{]",      "[}",       "[1,]", "{\"a\"}",
          "{\"a\":}", "{\"a\":1,}", "{1:2}", "01",   "-",       "1.",       ".5",   "+1",
          "nul",      "truer",      "\"",    "\"\\", "\"\\x\"", "\"a\nb\"", "1 2",  "[] []",
          "[,1]",     "'a'",        "-01",   "00",   "[1 2]",   "{\"a\" 1}"}) {
        CHECK_MESSAGE(!is_surely_json(text), text);
        CHECK_MESSAGE(!is_json(text), text);
    }
}

TEST_CASE("However a text is spoiled, what a glance takes the judge takes too") {
    const std::string whole = R"( {"a":[1,-2.5,"x\n",true ,null],"b":{"c":[{}]}} )";
    static constexpr std::string_view kLetters = "{}[]:,\"\\ 0-.entu\n\x01\x80";
    REQUIRE(is_surely_json(whole));
    std::size_t taken = 0;
    const auto look = [&](const std::string& text) {
        if (is_surely_json(text)) {
            ++taken;
            CHECK_MESSAGE(is_json(text), text);
        }
    };
    for (std::size_t at = 0; at < whole.size(); ++at) {
        look(whole.substr(0, at));
        look(whole.substr(at));
        look(std::string(whole).erase(at, 1));
        for (const char letter : kLetters) {
            std::string other = whole;
            other[at] = letter;
            look(other);
            look(std::string(whole).insert(at, 1, letter));
        }
    }
    CHECK(taken > 100);
}

}  // namespace steward::wire
