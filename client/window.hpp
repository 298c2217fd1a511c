// client: slots for a run of consecutive numbers, found by subtraction. Knows nothing of what the
// numbers stand for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "common/base/assert.hpp"

namespace steward::client {

/// The numbers first() … next() - 1, each with one T. Storage is a ring that doubles, so a push
/// costs no allocation once the largest run has been seen.
///
/// Cost:  O(1) for all calls, push amortised.  Thread: one.
/// Bound: none of its own; the owner holds size() to its limit.
template <class T>
class Window {
public:
    explicit Window(std::uint64_t first) : first_(first), next_(first) {}

    [[nodiscard]] std::uint64_t first() const { return first_; }

    [[nodiscard]] std::uint64_t next() const { return next_; }

    [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(next_ - first_); }

    [[nodiscard]] bool empty() const { return first_ == next_; }

    /// The slot of number next(), which goes up by one. Its T is as left by pop_front().
    T& push() {
        if (size() == capacity_) {
            grow();
        }
        return slots_[place(next_++)];
    }

    /// Null when `number` is outside of the run.
    [[nodiscard]] T* find(std::uint64_t number) {
        return number >= first_ && number < next_ ? &slots_[place(number)] : nullptr;
    }

    /// Pre: not empty.
    [[nodiscard]] T& front() {
        STEWARD_ASSERT(!empty());
        return slots_[place(first_)];
    }

    /// Drops the lowest number and resets its slot. Pre: not empty.
    void pop_front() {
        STEWARD_ASSERT(!empty());
        T& slot = slots_[place(first_++)];
        std::destroy_at(&slot);
        std::construct_at(&slot);
    }

private:
    [[nodiscard]] std::size_t place(std::uint64_t number) const {
        return static_cast<std::size_t>(number) & (capacity_ - 1);
    }

    void grow() {
        const std::size_t capacity = capacity_ == 0 ? 64 : capacity_ * 2;
        auto slots = std::make_unique<T[]>(capacity);
        for (std::uint64_t number = first_; number < next_; ++number) {
            slots[static_cast<std::size_t>(number) & (capacity - 1)] =
                std::move(slots_[place(number)]);
        }
        slots_ = std::move(slots);
        capacity_ = capacity;
    }

    std::unique_ptr<T[]> slots_;
    std::size_t capacity_ = 0;  // zero or a power of two
    std::uint64_t first_;
    std::uint64_t next_;
};

}  // namespace steward::client
