// common/base: integers that do not mix. A Peer is not a worker's slot is not a job's slot.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace steward::base {

template <class Tag, class Value = std::uint64_t>
struct StrongId {
    Value value{};

    auto operator<=>(const StrongId&) const = default;
};

/// Names one element of a SlotMap. The generation tells a reused slot from the one it was, so a
/// handle can dangle without harm. A default handle names nothing.
template <class Tag>
struct Handle {
    std::uint32_t slot = UINT32_MAX;
    std::uint32_t generation = 0;

    auto operator<=>(const Handle&) const = default;

    [[nodiscard]] bool names_something() const { return slot != UINT32_MAX; }

    /// Both in one, for what carries numbers; SlotMap::handle_of() is the way back.
    [[nodiscard]] std::uint64_t number() const { return std::uint64_t{generation} << 32U | slot; }
};

}  // namespace steward::base

template <class Tag, class Value>
struct std::hash<steward::base::StrongId<Tag, Value>> {
    std::size_t operator()(const steward::base::StrongId<Tag, Value>& id) const noexcept {
        return static_cast<std::size_t>(id.value * 0x9E3779B97F4A7C15ULL);
    }
};
