// tests: the error registry.
#include "common/base/expected.hpp"

#include <cctype>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace steward::base;

namespace {

struct Row {
    Errc code;
    int number;
    ErrorClass kind;
};

const std::vector<Row> kRows = {
#define X(name, number, kind, meaning) {Errc::name, number, ErrorClass::kind},
#include "common/base/errors.def"
#undef X
};

}  // namespace

TEST_CASE("every code has a number, name and meaning of its own") {
    std::set<int> numbers;
    std::set<std::string_view> names;
    std::set<std::string_view> meanings;
    for (const Row& row : kRows) {
        numbers.insert(row.number);
        names.insert(name_of(row.code));
        meanings.insert(meaning_of(row.code));
        CHECK(class_of(row.code) == row.kind);
        CHECK(static_cast<int>(row.code) == row.number);
    }
    CHECK(numbers.size() == kRows.size());
    CHECK(names.size() == kRows.size());
    CHECK(meanings.size() == kRows.size());
    CHECK_FALSE(meanings.contains(""));
}

TEST_CASE("a meaning is a phrase that can follow a colon") {
    for (const Row& row : kRows) {
        const std::string_view meaning = meaning_of(row.code);
        CHECK(std::islower(static_cast<unsigned char>(meaning.front())) != 0);
        CHECK(meaning.back() != '.');
    }
}

TEST_CASE("a code is found by its number, and by no other") {
    for (const Row& row : kRows) {
        CHECK(errc_from_number(static_cast<std::uint64_t>(row.number)) == row.code);
    }
    for (const std::uint64_t number : {std::uint64_t{0},
                                       std::uint64_t{1},
                                       std::uint64_t{1000},
                                       std::uint64_t{65536 + 1001},
                                       UINT64_MAX}) {
        CHECK_FALSE(errc_from_number(number).has_value());
    }
}

TEST_CASE("a number that is no code has a name all the same") {
    const auto stranger = static_cast<Errc>(4242);
    CHECK(name_of(stranger) == "Unregistered");
    CHECK(class_of(stranger) == ErrorClass::Caller);
    CHECK(meaning_of(stranger).empty());
}

TEST_CASE("the numbers of the wire stay what they are") {
    CHECK(static_cast<int>(Errc::Malformed) == 1001);
    CHECK(static_cast<int>(Errc::UnknownService) == 1101);
    CHECK(static_cast<int>(Errc::QueueFull) == 1201);
    CHECK(static_cast<int>(Errc::Timeout) == 1301);
    CHECK(static_cast<int>(Errc::JobFailed) == 1401);
    CHECK(static_cast<int>(Errc::Internal) == 1999);
}

TEST_CASE("a failure carries its code, text and when to try again") {
    const Expected<int> failure = fail(Errc::QueueFull, "full", Duration{7});
    REQUIRE_FALSE(failure.has_value());
    CHECK(failure.error() == Error{Errc::QueueFull, "full", Duration{7}});
    CHECK_FALSE(failure.error() == Error{Errc::QueueFull, "full"});
    const Expected<int> value = 5;
    CHECK(value == 5);
}
