#include "common/wire/typed.hpp"

#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace steward;

namespace {

model::Payload msgpack_of(std::string bytes) {
    return {model::Encoding::Msgpack, base::Blob::copy(bytes)};
}

}  // namespace

TEST_CASE("typed: what was packed comes back") {
    const std::map<std::string, std::vector<int>> value = {{"a", {1, 2}}, {"b", {}}};
    const auto back =
        wire::unpack_typed<std::map<std::string, std::vector<int>>>(wire::pack_typed(value));
    REQUIRE(back);
    CHECK(*back == value);
}

TEST_CASE(
    "typed: headers that promise more than there is are refused before anything is allocated") {
    // A hundred arrays, each within the other, each saying it has four thousand million elements.
    std::string nested;
    for (int i = 0; i < 100; ++i) {
        nested += std::string("\xDD\xFF\xFF\xFF\xFF", 5);
    }
    CHECK(wire::unpack_typed<std::vector<int>>(msgpack_of(nested)).error().code ==
          base::Errc::BadParams);
    // The same with counts that are just not larger than the number of bytes.
    std::string plausible;
    for (int i = 0; i < 100; ++i) {
        plausible += std::string("\xDC\x01\x00", 3);
    }
    CHECK_FALSE(wire::unpack_typed<std::vector<int>>(msgpack_of(plausible)).has_value());
}

TEST_CASE("typed: another type and bytes behind the value are errors") {
    CHECK_FALSE(wire::unpack_typed<int>(msgpack_of("\xA1x")).has_value());
    CHECK_FALSE(wire::unpack_typed<int>(msgpack_of("\x01\x01")).has_value());
    CHECK_FALSE(wire::unpack_typed<int>(msgpack_of("")).has_value());
    CHECK(wire::unpack_typed<int>(msgpack_of("\x01")) == 1);
}
