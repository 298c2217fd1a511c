// broker/core: the ids of the jobs in a spill and where the bytes of each end, in little space.
// Knows no policy.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "broker/core/spill_store.hpp"

namespace steward::core {

/// Neighbours in a lane. Their ids are mostly of one run of the broker and near each other, so each
/// is told by how far it lies from the first: 8 bytes an entry, 12 with the store's checksum.
///
/// Cost: O(entries) to find and for bounds(), one comparison of a number each.
class SpillEntries {
public:
    SpillEntries() = default;
    /// Those of the store, with their checksums.
    explicit SpillEntries(std::span<const SpillEntry> entries);

    void reserve(std::size_t count);
    void add(const model::JobId& id, std::uint32_t end);

    [[nodiscard]] std::size_t size() const { return ends_.size(); }

    [[nodiscard]] model::JobId id(std::size_t index) const;

    [[nodiscard]] std::uint32_t end(std::size_t index) const { return ends_[index]; }

    [[nodiscard]] std::uint32_t begin(std::size_t index) const {
        return index == 0 ? 0 : ends_[index - 1];
    }

    void set_end(std::size_t index, std::uint32_t end) { ends_[index] = end; }

    /// The index of this id; size() when it is not there.
    [[nodiscard]] std::size_t find(const model::JobId& id) const;

    /// The lowest id and the highest. Pre: there are some.
    [[nodiscard]] std::pair<model::JobId, model::JobId> bounds() const;

    /// As the store wants them. Pre: they are the store's.
    [[nodiscard]] std::vector<SpillEntry> part(std::size_t begin, std::size_t end) const;

private:
    // Ids of the same epoch with numbers from the base's on, from an entry up to the next stretch.
    struct Stretch {
        model::JobId base;
        std::size_t begin = 0;

        [[nodiscard]] bool can_tell(const model::JobId& id) const {
            return id.epoch == base.epoch && id.number - base.number <= UINT32_MAX;
        }
    };

    [[nodiscard]] std::size_t end_of(std::size_t stretch) const {
        return stretch + 1 < stretches_.size() ? stretches_[stretch + 1].begin : numbers_.size();
    }

    std::vector<Stretch> stretches_;        // one, mostly
    std::vector<std::uint32_t> numbers_;    // above the base of their stretch
    std::vector<std::uint32_t> ends_;       // of their bytes
    std::vector<std::uint32_t> checksums_;  // none: they are not the store's
};

}  // namespace steward::core
