// common/base: a hash index for keys that are counted up, like the ids of jobs: keys that follow
// each other lie side by side, so that what comes and goes in order stays in the caches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "common/base/assert.hpp"

namespace steward::base {

/// A chain of elements for each place: four bytes a place and a link in each element. The hash is
/// not mixed: it should be the number that is counted up, and keys of which many are equal in their
/// lower bits make long chains.
///
/// Elements are named by small numbers, their slots. `Elements` gives for a slot `hash_of(slot)`
/// and the link `next_of(slot)`, which is the index's while the element is in it.
///
/// Cost: O(1) expected.  Thread: one.
class ChainIndex {
public:
    static constexpr std::uint32_t kNone = UINT32_MAX;

    /// The slot for which `matches(slot)`, or kNone.
    template <class Elements, class Matches>
    [[nodiscard]] std::uint32_t find(std::size_t hash,
                                     const Elements& elements,
                                     Matches&& matches) const {
        if (places_.empty()) {
            return kNone;
        }
        std::uint32_t slot = places_[hash & mask()];
        while (slot != kNone && !matches(slot)) {
            slot = elements.next_of(slot);
        }
        return slot;
    }

    /// Pre: no element with this key is in the index.
    template <class Elements>
    void insert(std::size_t hash, std::uint32_t slot, const Elements& elements) {
        if (size_ == places_.size()) {
            grow(elements);
        }
        elements.next_of(slot) = std::exchange(places_[hash & mask()], slot);
        ++size_;
    }

    /// Pre: `slot` was inserted under `hash`.
    template <class Elements>
    void erase(std::size_t hash, std::uint32_t slot, const Elements& elements) {
        std::uint32_t* at = &places_[hash & mask()];
        while (*at != slot) {
            STEWARD_ASSERT(*at != kNone);
            at = &elements.next_of(*at);
        }
        *at = elements.next_of(slot);
        --size_;
    }

    [[nodiscard]] std::size_t size() const { return size_; }

private:
    static constexpr std::size_t kLeast = 64;

    [[nodiscard]] std::size_t mask() const { return places_.size() - 1; }

    template <class Elements>
    void grow(const Elements& elements) {
        const std::vector<std::uint32_t> old = std::exchange(
            places_,
            std::vector<std::uint32_t>(places_.empty() ? kLeast : places_.size() * 2, kNone));
        for (std::uint32_t slot : old) {
            while (slot != kNone) {
                std::uint32_t& place = places_[elements.hash_of(slot) & mask()];
                const std::uint32_t next =
                    std::exchange(elements.next_of(slot), std::exchange(place, slot));
                slot = next;
            }
        }
    }

    std::vector<std::uint32_t> places_;  // a power of two of them
    std::size_t size_ = 0;
};

}  // namespace steward::base
