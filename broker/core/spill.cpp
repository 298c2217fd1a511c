#include "broker/core/spill.hpp"

#include <algorithm>

#include "common/base/assert.hpp"

namespace steward::core {

void Spill::set(std::size_t index, Place place) {
    stored -= places[index] == Place::Stored ? 1U : 0U;
    stored += place == Place::Stored ? 1U : 0U;
    places[index] = place;
    while (first < places.size() && places[first] == Place::Gone) {
        ++first;
    }
    if (packed != nullptr && place == Place::Gone) {
        bytes_gone += entries.end(index) - entries.begin(index);
        if (bytes_gone > packed->bytes.size() / 2) {
            shrink_packed();
        }
    }
}

// Bytes of jobs that have gone are at most half of all.
void Spill::shrink_packed() {
    std::string kept;
    kept.reserve(packed->bytes.size() - bytes_gone);
    std::uint32_t begin = 0;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const std::uint32_t end = entries.end(i);
        if (places[i] != Place::Gone) {
            kept.append(packed->bytes, begin, end - begin);
        }
        entries.set_end(i, static_cast<std::uint32_t>(kept.size()));
        begin = end;
    }
    packed->bytes = std::move(kept);
    bytes_gone = 0;
}

void SpillIndex::add(BlockHandle block, const Spill& spill) {
    const auto [first, last] = spill.entries.bounds();
    const std::size_t at = beginning_up_to(first);
    ranges_.insert(ranges_.begin() + static_cast<std::ptrdiff_t>(at), {first, last, last, block});
    reckon_reach(at);
}

void SpillIndex::remove(BlockHandle block, const Spill& spill) {
    std::size_t at = beginning_up_to(spill.entries.bounds().first);
    while (ranges_[at - 1].block != block) {
        --at;
        STEWARD_ASSERT(at > 0);
    }
    ranges_.erase(ranges_.begin() + static_cast<std::ptrdiff_t>(at - 1));
    reckon_reach(at - 1);
}

// How many ranges begin with this id or a lower one.
std::size_t SpillIndex::beginning_up_to(const model::JobId& id) const {
    return static_cast<std::size_t>(std::ranges::upper_bound(ranges_, id, {}, &Range::first) -
                                    ranges_.begin());
}

// That of one behind `from` follows from the one before it: once it is as it was, so are the rest.
void SpillIndex::reckon_reach(std::size_t from) {
    for (std::size_t i = from; i < ranges_.size(); ++i) {
        const model::JobId& last = ranges_[i].last;
        const model::JobId reach = i == 0 ? last : std::max(ranges_[i - 1].reach, last);
        if (i > from && reach == ranges_[i].reach) {
            return;
        }
        ranges_[i].reach = reach;
    }
}

}  // namespace steward::core
