// tests: how much memory this process holds.
#include "common/posix/resident_memory.hpp"

#include <vector>

#include <doctest/doctest.h>

namespace steward::posix {

TEST_CASE("memory that is written to is resident, and no more than there is of it") {
    constexpr std::size_t kBytes = 64UL << 20U;
    const std::uint64_t before = resident_bytes().value();
    const std::vector<char> touched(kBytes, 'x');
    const std::uint64_t after = resident_bytes().value();
    CHECK(before > 100'000);
    CHECK(touched.back() == 'x');
    CHECK(after - before > kBytes * 9 / 10);
    CHECK(after - before < kBytes * 2);
}

}  // namespace steward::posix
