// common/base: doubly linked lists through elements of a SlotMap: an element knows its place, so it
// can be taken out in O(1) and no node is ever allocated.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/base/assert.hpp"
#include "common/base/strong_id.hpp"

namespace steward::base {

/// The place of an element in one list. An element is in as many lists as it has Links.
template <class Tag>
struct Links {
    Handle<Tag> previous;
    Handle<Tag> next;
    bool linked = false;
};

/// `Member` is the Links<T> member of T that this list goes through.
/// Cost: O(1) for all calls.  Pre: a pushed element is in no list through the same member.
template <class T, Links<T> T::*Member>
class LinkedList {
public:
    template <class Map>
    void push_back(Map& map, Handle<T> handle) {
        insert(map, handle, tail_, {});
    }

    template <class Map>
    void push_front(Map& map, Handle<T> handle) {
        insert(map, handle, {}, head_);
    }

    /// Pre: `next` is in the list.
    template <class Map>
    void insert_before(Map& map, Handle<T> handle, Handle<T> next) {
        insert(map, handle, (map.at(next).*Member).previous, next);
    }

    template <class Map>
    void remove(Map& map, Handle<T> handle) {
        Links<T>& links = map.at(handle).*Member;
        STEWARD_ASSERT(links.linked && size_ > 0);
        (links.previous.names_something() ? (map.at(links.previous).*Member).next : head_) =
            links.next;
        (links.next.names_something() ? (map.at(links.next).*Member).previous : tail_) =
            links.previous;
        links = {};
        --size_;
    }

    /// The first element leaves the list. Pre: there is one.
    template <class Map>
    T& pop_front(Map& map) {
        T& first = map.at(head_);
        Links<T>& links = first.*Member;
        head_ = links.next;
        (head_.names_something() ? (map.at(head_).*Member).previous : tail_) = {};
        links = {};
        --size_;
        return first;
    }

    [[nodiscard]] Handle<T> front() const { return head_; }

    [[nodiscard]] Handle<T> back() const { return tail_; }

    [[nodiscard]] bool empty() const { return size_ == 0; }

    [[nodiscard]] std::size_t size() const { return size_; }

private:
    template <class Map>
    void insert(Map& map, Handle<T> handle, Handle<T> previous, Handle<T> next) {
        Links<T>& links = map.at(handle).*Member;
        STEWARD_ASSERT(!links.linked);
        // One by one: put together elsewhere and copied as a whole, they would have to be in the
        // cache before they can be read.
        links.previous = previous;
        links.next = next;
        links.linked = true;
        (previous.names_something() ? (map.at(previous).*Member).next : head_) = handle;
        (next.names_something() ? (map.at(next).*Member).previous : tail_) = handle;
        ++size_;
    }

    Handle<T> head_;
    Handle<T> tail_;
    std::uint32_t size_ = 0;  // the map has no more slots
};

}  // namespace steward::base
