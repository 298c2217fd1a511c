// common/base: a hash index from keys to handles that stores no keys: the owner's table has them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "common/base/assert.hpp"

namespace steward::base {

/// Open addressing with linear probing and backward-shift deletion; twelve bytes a place, at most
/// three quarters full. No iteration is offered, so no order can leak into behaviour.
///
/// The caller gives the hash and a predicate that says whether a handle names the sought element.
/// Cost: O(1) expected.  Thread: one.
template <class HandleType>
class FlatIndex {
public:
    template <class Matches>
    [[nodiscard]] HandleType find(std::size_t hash, Matches&& matches) const {
        if (places_.empty()) {
            return {};
        }
        for (std::size_t i = home(hash); places_[i].handle.names_something(); i = after(i)) {
            if (places_[i].tag == tag_of(hash) && matches(places_[i].handle)) {
                return places_[i].handle;
            }
        }
        return {};
    }

    /// Has the place on its way from memory at which find() begins.
    void prefetch(std::size_t hash) const {
        if (!places_.empty()) {
            __builtin_prefetch(&places_[home(hash)]);
        }
    }

    /// Pre: no element with this key is in the index.
    void insert(std::size_t hash, HandleType handle) {
        if ((size_ + 1) * 4 > places_.size() * 3) {
            grow();
        }
        put({tag_of(hash), handle});
        ++size_;
    }

    /// Pre: `handle` was inserted under `hash`.
    void erase(std::size_t hash, HandleType handle) {
        std::size_t hole = home(hash);
        while (!(places_[hole].handle == handle)) {
            STEWARD_ASSERT(places_[hole].handle.names_something());
            hole = after(hole);
        }
        for (std::size_t i = after(hole); places_[i].handle.names_something(); i = after(i)) {
            // An element may move into the hole unless its home lies between the hole and itself.
            const std::size_t distance = (i - home(places_[i].tag)) & mask();
            if (distance >= ((i - hole) & mask())) {
                places_[hole] = places_[i];
                hole = i;
            }
        }
        places_[hole] = {};
        --size_;
    }

    [[nodiscard]] std::size_t size() const { return size_; }

private:
    struct Place {
        std::uint32_t tag = 0;
        HandleType handle{};
    };

    // The home is computed from the 32 bits that are kept, so that growing needs no keys.
    static std::uint32_t tag_of(std::size_t hash) {
        return static_cast<std::uint32_t>(hash ^ (hash >> 32U));
    }

    [[nodiscard]] std::size_t mask() const { return places_.size() - 1; }

    [[nodiscard]] std::size_t home(std::size_t hash) const {
        return (std::size_t{tag_of(hash)} * 0x9E3779B97F4A7C15ULL >> 32U) & mask();
    }

    [[nodiscard]] std::size_t home(std::uint32_t tag) const {
        return (std::size_t{tag} * 0x9E3779B97F4A7C15ULL >> 32U) & mask();
    }

    [[nodiscard]] std::size_t after(std::size_t i) const { return (i + 1) & mask(); }

    void put(Place place) {
        std::size_t i = home(place.tag);
        while (places_[i].handle.names_something()) {
            i = after(i);
        }
        places_[i] = place;
    }

    void grow() {
        std::vector<Place> old =
            std::exchange(places_, std::vector<Place>(places_.empty() ? 64 : places_.size() * 2));
        for (const Place& place : old) {
            if (place.handle.names_something()) {
                put(place);
            }
        }
    }

    std::vector<Place> places_;
    std::size_t size_ = 0;
};

}  // namespace steward::base
