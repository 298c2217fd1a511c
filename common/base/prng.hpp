// common/base: a seeded generator that gives the same numbers with every compiler and library.
// Not for secrets.
#pragma once

#include <cstdint>

#include "common/base/assert.hpp"

namespace steward::base {

/// splitmix64 (Steele, Lea, Flood 2014): one 64-bit state, every seed valid.
class Prng {
public:
    explicit Prng(std::uint64_t seed) noexcept : state_(seed) {}

    std::uint64_t next() noexcept {
        state_ += 0x9E3779B97F4A7C15ULL;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31U);
    }

    /// Uniform in [0, bound); the multiply-shift's bias is below 2^-32 for bounds under 2^32.
    /// Pre: bound > 0.
    std::uint64_t below(std::uint64_t bound) noexcept {
        STEWARD_ASSERT(bound > 0);
        __extension__ using Wide = unsigned __int128;
        return static_cast<std::uint64_t>((static_cast<Wide>(next()) * bound) >> 64U);
    }

    /// True in `numerator` of `denominator` cases.
    bool chance(std::uint64_t numerator, std::uint64_t denominator) noexcept {
        return below(denominator) < numerator;
    }

private:
    std::uint64_t state_;
};

}  // namespace steward::base
