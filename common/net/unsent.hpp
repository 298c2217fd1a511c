// common/net: how much of what was sent still waits in memory for the other end to read it, and how
// much more may. Knows no sockets.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace steward::net {

/// In bytes.
struct UnsentBounds {
    std::size_t peer_max = 4UL << 20U;     // of one connection, but for a single message
    std::size_t total_max = 256UL << 20U;  // of all together; large messages: half, and one
};

/// What all connections of some sockets have unsent.
///
/// Thread: add() and remove() any; the others one.
class UnsentTotal {
public:
    explicit UnsentTotal(const UnsentBounds& bounds)
        : bounds_(bounds), large_from_(bounds.total_max / kLargeShare) {}

    void set_bounds(const UnsentBounds& bounds) { bounds_ = bounds; }

    /// Whether a connection with `own` bytes unsent may be given a message more. One with none may
    /// have any message that the total has room for. Others may have as much as peer_max and an
    /// eighth of what is free: the more do not read, the less each is given, and whoever reads is
    /// always left some. A large message takes no room from these, nor do they keep it waiting, who
    /// may never read: it goes while other large ones have no more than half of total_max.
    [[nodiscard]] bool has_room(std::size_t own, std::size_t message) const;

    [[nodiscard]] std::size_t bytes() const {
        return bytes_.load(std::memory_order_relaxed) + large_.load(std::memory_order_relaxed);
    }

    /// A message's bytes, or what a connection has unsent: as much is removed together as was added
    /// together.
    void add(std::size_t bytes) { pool_of(bytes).fetch_add(bytes, std::memory_order_relaxed); }

    void remove(std::size_t bytes) { pool_of(bytes).fetch_sub(bytes, std::memory_order_relaxed); }

    /// A message is large that has more than this part of the total_max there was at first.
    static constexpr std::size_t kLargeShare = 8;

private:
    [[nodiscard]] bool is_large(std::size_t bytes) const { return bytes > large_from_; }

    [[nodiscard]] std::atomic<std::size_t>& pool_of(std::size_t bytes) {
        return is_large(bytes) ? large_ : bytes_;
    }

    UnsentBounds bounds_;
    const std::size_t large_from_;
    std::atomic<std::size_t> bytes_ = 0;  // but for large ones
    std::atomic<std::size_t> large_ = 0;
};

/// What one connection has unsent; part of a total. Messages on their way keep it alive.
///
/// Thread: remove() any, the others one.
class UnsentAccount {
public:
    explicit UnsentAccount(std::shared_ptr<UnsentTotal> total) : total_(std::move(total)) {}

    [[nodiscard]] std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

    [[nodiscard]] bool has_room(std::size_t message) const {
        return total_->has_room(bytes(), message);
    }

    void add(std::size_t bytes) {
        bytes_.fetch_add(bytes, std::memory_order_relaxed);
        total_->add(bytes);
    }

    void remove(std::size_t bytes) {
        bytes_.fetch_sub(bytes, std::memory_order_relaxed);
        total_->remove(bytes);
    }

private:
    std::shared_ptr<UnsentTotal> total_;
    std::atomic<std::size_t> bytes_ = 0;
};

/// The accounts of one socket's connections, by their routing ids.
///
/// Cost: of() O(1), amortized.  Thread: one.
/// Bound: twice as many as have something unsent at a time, and kKeptMin.
class UnsentAccounts {
public:
    explicit UnsentAccounts(std::shared_ptr<UnsentTotal> total) : total_(std::move(total)) {}

    /// Made if need be.
    [[nodiscard]] const std::shared_ptr<UnsentAccount>& of(std::string_view routing_id);

    [[nodiscard]] std::size_t size() const { return accounts_.size(); }

    static constexpr std::size_t kKeptMin = 256;

private:
    struct Hash {
        using is_transparent = void;

        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };

    void forget_empty();

    std::shared_ptr<UnsentTotal> total_;
    std::unordered_map<std::string, std::shared_ptr<UnsentAccount>, Hash, std::equal_to<>>
        accounts_;
    std::size_t forget_at_ = kKeptMin;
};

}  // namespace steward::net
