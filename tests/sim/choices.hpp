// tests/sim: the one source of chance. Every actor, fault and generator of the simulator draws from
// here and nowhere else, so a run can come from a seed, from recorded bytes, or from a full search.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/base/prng.hpp"
#include "common/base/time.hpp"

namespace steward::sim {

/// Draw one at a time: two draws in one expression have no defined order.
class Choices {
public:
    virtual ~Choices() = default;
    /// A number in [0, bound). Pre: bound > 0.
    virtual std::uint64_t below(std::uint64_t bound) = 0;

    bool chance(std::uint64_t numerator, std::uint64_t denominator) {
        return below(denominator) < numerator;
    }

    /// Both ends included. Pre: low <= high.
    std::uint64_t between(std::uint64_t low, std::uint64_t high) {
        return low + below(high - low + 1);
    }

    base::Duration between(base::Duration low, base::Duration high) {
        const auto span = static_cast<std::uint64_t>((high - low).count());
        return low + base::Duration(static_cast<base::Duration::rep>(below(span + 1)));
    }

    /// Pre: `items` is not empty.
    template <class Items>
    auto& pick(Items& items) {
        return items[static_cast<std::size_t>(below(items.size()))];
    }
};

/// The same numbers for the same seed, with every compiler.
class SeededChoices final : public Choices {
public:
    explicit SeededChoices(std::uint64_t seed) : prng_(seed) {}

    std::uint64_t below(std::uint64_t bound) override { return prng_.below(bound); }

private:
    base::Prng prng_;
};

/// Numbers out of bytes that somebody else made up: a fuzzer, or a saved run. Used up: 0 for ever.
class RecordedChoices final : public Choices {
public:
    explicit RecordedChoices(std::string bytes) : bytes_(std::move(bytes)) {}

    std::uint64_t below(std::uint64_t bound) override;

    [[nodiscard]] bool used_up() const { return place_ >= bytes_.size(); }

private:
    std::string bytes_;
    std::size_t place_ = 0;
};

/// Every sequence of choices there is, one after another. Works because a run asks the same
/// question after the same answers:
///
///     Odometer all;
///     while (all.next_sequence()) { run(all); }
class Odometer final : public Choices {
public:
    /// False when every sequence has been given. Call before each run, the first included.
    bool next_sequence();
    std::uint64_t below(std::uint64_t bound) override;
    /// The choices of the present sequence, for a message about a failure.
    [[nodiscard]] std::string text() const;

private:
    struct Digit {
        std::uint64_t value = 0;
        std::uint64_t bound = 0;
    };

    std::vector<Digit> digits_;
    std::size_t place_ = 0;
    bool started_ = false;
};

}  // namespace steward::sim
