// tests: what a submitter may name freely.
#include "common/model/label.hpp"

#include <doctest/doctest.h>

#include "common/model/limits.hpp"
#include "common/model/options.hpp"

using namespace steward::model;

TEST_CASE("a label has up to the limit of bytes, any but control characters") {
    CHECK(label_fault("").empty());
    CHECK(label_fault(std::string(kNameBytesMax, 'a')).empty());
    CHECK(label_fault(std::string(kNameBytesMax + 1, 'a')) == "has 256 bytes, 255 are allowed");
    for (int c = 0; c < 256; ++c) {
        CAPTURE(c);
        const std::string text = {'a', static_cast<char>(c)};
        CHECK(label_fault(text).empty() == (c >= 0x20 && c != 0x7F));
    }
    CHECK(label_fault("two words\n") == "has a control character at byte 9");
}

TEST_CASE("a label that was not given is empty and equal to its like") {
    CHECK(Label().empty());
    CHECK(Label("") == Label());
    CHECK(Label("a") == Label(std::string("a")));
    CHECK_FALSE(Label("a") == Label("b"));
    CHECK(Label("acme").view() == "acme");
}

TEST_CASE("a job is unique by a key or by its params") {
    JobOptions options;
    CHECK_FALSE(options.is_unique());
    options.unique = "key";
    CHECK(options.is_unique());
    options.unique = {};
    options.unique_params = true;
    CHECK(options.is_unique());
}
