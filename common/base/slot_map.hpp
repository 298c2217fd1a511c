// common/base: elements with stable addresses that are named by generation-checked handles.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "common/base/assert.hpp"
#include "common/base/strong_id.hpp"

namespace steward::base {

/// Bytes that a processor fetches at once.
inline constexpr std::size_t kCacheLine = 64;

/// Elements live in chunks, so an element never moves and growth never copies. Freed slots are
/// reused last-in first-out; the generation goes up at each reuse.
///
/// Eight bytes stand before each element. Chunks begin at a line of the cache, so elements that are
/// eight bytes less than a number of lines, or cells that are aligned so, touch no line of others.
///
/// Cost:   O(1) for all calls.  Thread: one.
/// Bound:  none of its own; the owner holds size() to its limit.
template <class T, class Tag = T, std::size_t CellAlignment = alignof(T)>
class SlotMap {
public:
    using HandleType = Handle<Tag>;

    template <class... Args>
    HandleType emplace(Args&&... args) {
        const std::uint32_t slot = free_ != kNone ? free_ : fresh_slot();
        Cell& cell = cell_at(slot);
        free_ = cell.next_free;
        std::construct_at(&cell.value, std::forward<Args>(args)...);
        ++cell.generation;
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
        // A free slot's generation is in no handle.
        const Cell& cell = cell_at(handle.slot);
        return cell.generation == handle.generation ? &cell.value : nullptr;
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

    /// The element in a slot. Pre: the slot is in use.
    [[nodiscard]] T& operator[](std::uint32_t slot) { return cell_at(slot).value; }

    [[nodiscard]] const T& operator[](std::uint32_t slot) const { return cell_at(slot).value; }

    /// Pre: the handle is not stale.
    void erase(HandleType handle) {
        STEWARD_ASSERT(find(handle) != nullptr);
        Cell& cell = cell_at(handle.slot);
        std::destroy_at(&cell.value);
        ++cell.generation;
        cell.next_free = std::exchange(free_, handle.slot);
        --size_;
    }

    [[nodiscard]] std::size_t size() const { return size_; }

    /// One past the highest slot ever used: for walking with handle_at().
    [[nodiscard]] std::uint32_t slots() const { return slots_; }

    /// The handle of the element in `slot`, or one that names nothing.
    [[nodiscard]] HandleType handle_at(std::uint32_t slot) const {
        const Cell& cell = cell_at(slot);
        return is_used(cell) ? HandleType{slot, cell.generation} : HandleType{};
    }

    /// The handle of the element with this Handle::number(), or one that names nothing. The number
    /// may be anybody's.
    [[nodiscard]] HandleType handle_of(std::uint64_t number) const {
        const auto slot = static_cast<std::uint32_t>(number);
        const HandleType handle = slot < slots_ ? handle_at(slot) : HandleType{};
        return handle.number() == number ? handle : HandleType{};
    }

    SlotMap() = default;
    SlotMap(const SlotMap&) = delete;
    SlotMap& operator=(const SlotMap&) = delete;

    ~SlotMap() {
        for (std::uint32_t slot = 0; slot < slots_; ++slot) {
            if (Cell& cell = cell_at(slot); is_used(cell)) {
                std::destroy_at(&cell.value);
            }
        }
        for (Cell* chunk : chunks_) {
            ::operator delete(chunk, kChunkAlignment);
        }
    }

private:
    static constexpr std::uint32_t kChunk = 1024;
    static constexpr std::uint32_t kNone = UINT32_MAX;  // the end of the list of free slots

    static constexpr std::align_val_t kChunkAlignment{kCacheLine};

    struct alignas(std::max(CellAlignment, alignof(std::uint32_t))) Cell {
        Cell() {}  // NOLINT(modernize-use-equals-default): the union member has no default

        ~Cell() {}  // NOLINT(modernize-use-equals-default)

        std::uint32_t generation = UINT32_MAX;  // odd while the slot is free
        std::uint32_t next_free = kNone;

        union {
            T value;
        };
    };

    [[nodiscard]] static bool is_used(const Cell& cell) { return cell.generation % 2 == 0; }

    // Every step of every job looks several elements up: `data()` for the chunk, whose bound find()
    // has compared.
    Cell& cell_at(std::uint32_t slot) { return chunks_.data()[slot / kChunk][slot % kChunk]; }

    const Cell& cell_at(std::uint32_t slot) const {
        return chunks_.data()[slot / kChunk][slot % kChunk];
    }

    // A chunk's memory is untouched until its cells are used, the lowest first: a map of few
    // elements costs few.
    std::uint32_t fresh_slot() {
        if (slots_ % kChunk == 0) {
            chunks_.push_back(
                static_cast<Cell*>(::operator new(kChunk * sizeof(Cell), kChunkAlignment)));
        }
        std::construct_at(&cell_at(slots_));
        return slots_++;
    }

    std::vector<Cell*> chunks_;
    std::uint32_t free_ = kNone;  // freed last
    std::uint32_t slots_ = 0;
    std::size_t size_ = 0;
};

}  // namespace steward::base
