// common/base: elements with stable addresses that are named by generation-checked handles.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "common/base/assert.hpp"
#include "common/base/strong_id.hpp"

namespace steward::base {

/// Elements live in chunks, so an element never moves and growth never copies. Freed slots are
/// reused last-in first-out; the generation goes up at each reuse.
///
/// Cost:   O(1) for all calls.  Thread: one.
/// Bound:  none of its own; the owner holds size() to its limit.
template <class T, class Tag = T>
class SlotMap {
public:
    using HandleType = Handle<Tag>;

    template <class... Args>
    HandleType emplace(Args&&... args) {
        if (free_.empty()) {
            grow();
        }
        const std::uint32_t slot = free_.back();
        free_.pop_back();
        Cell& cell = cell_at(slot);
        std::construct_at(&cell.value, std::forward<Args>(args)...);
        cell.used = true;
        ++size_;
        return {slot, cell.generation};
    }

    /// The element, or null when the handle is stale or names nothing.
    [[nodiscard]] T* find(HandleType handle) {
        return const_cast<T*>(std::as_const(*this).find(handle));
    }

    [[nodiscard]] const T* find(HandleType handle) const {
        if (handle.slot >= slots_) {
            return nullptr;
        }
        const Cell& cell = cell_at(handle.slot);
        return cell.used && cell.generation == handle.generation ? &cell.value : nullptr;
    }

    /// Pre: the handle is not stale.
    [[nodiscard]] T& at(HandleType handle) {
        T* value = find(handle);
        STEWARD_ASSERT(value != nullptr);
        return *value;
    }

    [[nodiscard]] const T& at(HandleType handle) const {
        const T* value = find(handle);
        STEWARD_ASSERT(value != nullptr);
        return *value;
    }

    /// Pre: the handle is not stale.
    void erase(HandleType handle) {
        STEWARD_ASSERT(find(handle) != nullptr);
        Cell& cell = cell_at(handle.slot);
        std::destroy_at(&cell.value);
        cell.used = false;
        ++cell.generation;
        free_.push_back(handle.slot);
        --size_;
    }

    [[nodiscard]] std::size_t size() const { return size_; }

    /// One past the highest slot ever used: for walking with handle_at().
    [[nodiscard]] std::uint32_t slots() const { return slots_; }

    /// The handle of the element in `slot`, or one that names nothing.
    [[nodiscard]] HandleType handle_at(std::uint32_t slot) const {
        const Cell& cell = cell_at(slot);
        return cell.used ? HandleType{slot, cell.generation} : HandleType{};
    }

    SlotMap() = default;
    SlotMap(const SlotMap&) = delete;
    SlotMap& operator=(const SlotMap&) = delete;

    ~SlotMap() {
        for (std::uint32_t slot = 0; slot < slots_; ++slot) {
            if (Cell& cell = cell_at(slot); cell.used) {
                std::destroy_at(&cell.value);
            }
        }
    }

private:
    static constexpr std::uint32_t kChunk = 1024;

    struct Cell {
        Cell() {}  // NOLINT(modernize-use-equals-default): the union member has no default

        ~Cell() {}  // NOLINT(modernize-use-equals-default)

        union {
            T value;
        };

        std::uint32_t generation = 0;
        bool used = false;
    };

    Cell& cell_at(std::uint32_t slot) { return chunks_[slot / kChunk][slot % kChunk]; }

    const Cell& cell_at(std::uint32_t slot) const { return chunks_[slot / kChunk][slot % kChunk]; }

    void grow() {
        chunks_.push_back(std::make_unique<Cell[]>(kChunk));
        for (std::uint32_t i = 0; i < kChunk; ++i) {
            free_.push_back(slots_ + kChunk - 1 - i);
        }
        slots_ += kChunk;
    }

    std::vector<std::unique_ptr<Cell[]>> chunks_;
    std::vector<std::uint32_t> free_;
    std::uint32_t slots_ = 0;
    std::size_t size_ = 0;
};

}  // namespace steward::base
