#include "broker/core/spill_entries.hpp"

#include <algorithm>

namespace steward::core {

SpillEntries::SpillEntries(std::span<const SpillEntry> entries) {
    reserve(entries.size());
    checksums_.reserve(entries.size());
    for (const SpillEntry& entry : entries) {
        add(entry.id, entry.end);
        checksums_.push_back(entry.checksum);
    }
}

void SpillEntries::reserve(std::size_t count) {
    numbers_.reserve(count);
    ends_.reserve(count);
}

void SpillEntries::add(const model::JobId& id, std::uint32_t end) {
    if (stretches_.empty() || !stretches_.back().can_tell(id)) {
        // Some of those that follow may be lower.
        constexpr std::uint64_t kHalf = std::uint64_t{1} << 31U;
        stretches_.push_back({{id.epoch, id.number - std::min(id.number, kHalf)}, numbers_.size()});
    }
    numbers_.push_back(static_cast<std::uint32_t>(id.number - stretches_.back().base.number));
    ends_.push_back(end);
}

model::JobId SpillEntries::id(std::size_t index) const {
    const auto after = std::ranges::upper_bound(stretches_, index, {}, &Stretch::begin);
    const model::JobId& base = std::prev(after)->base;
    return {base.epoch, base.number + numbers_[index]};
}

std::size_t SpillEntries::find(const model::JobId& id) const {
    for (std::size_t i = 0; i < stretches_.size(); ++i) {
        if (!stretches_[i].can_tell(id)) {
            continue;
        }
        const auto number = static_cast<std::uint32_t>(id.number - stretches_[i].base.number);
        const auto begin = numbers_.begin() + static_cast<std::ptrdiff_t>(stretches_[i].begin);
        const auto end = numbers_.begin() + static_cast<std::ptrdiff_t>(end_of(i));
        if (const auto found = std::find(begin, end, number); found != end) {
            return static_cast<std::size_t>(found - numbers_.begin());
        }
    }
    return size();
}

std::pair<model::JobId, model::JobId> SpillEntries::bounds() const {
    std::pair<model::JobId, model::JobId> bounds{id(0), id(0)};
    for (std::size_t i = 0; i < stretches_.size(); ++i) {
        const auto begin = numbers_.begin() + static_cast<std::ptrdiff_t>(stretches_[i].begin);
        const auto end = numbers_.begin() + static_cast<std::ptrdiff_t>(end_of(i));
        const auto [lowest, highest] = std::minmax_element(begin, end);
        const model::JobId& base = stretches_[i].base;
        bounds.first = std::min(bounds.first, {base.epoch, base.number + *lowest});
        bounds.second = std::max(bounds.second, {base.epoch, base.number + *highest});
    }
    return bounds;
}

std::vector<SpillEntry> SpillEntries::part(std::size_t begin, std::size_t end) const {
    std::vector<SpillEntry> part;
    part.reserve(end - begin);
    for (std::size_t i = begin; i < end; ++i) {
        part.push_back({id(i), ends_[i], checksums_[i]});
    }
    return part;
}

}  // namespace steward::core
