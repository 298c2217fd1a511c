// client: where orders lie between their giver and their end, so that neither an order nor its
// bytes cost an allocation of their own. Knows nothing of what orders mean.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "client/order.hpp"

namespace steward::client {

/// Room for orders that are given one after another, and for their jobs' bytes.
// Nobody reads a byte that was not written. NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
struct OrderBlock {
    static constexpr std::size_t kOrders = 256;
    static constexpr std::size_t kBytes = 32UL << 10U;
    /// A job with more bytes lies elsewhere.
    static constexpr std::size_t kJobBytesMax = 6UL << 10U;

    std::array<Order, kOrders> orders;
    std::array<char, kBytes> bytes;
    // The givers' side.
    std::uint32_t used = 0;
    std::uint32_t bytes_used = 0;
    // The taker's side.
    std::uint32_t dropped = 0;
    std::uint32_t all = 0;  // how many there are, once the last one has been dropped
};

/// An order stays in its place until it is dropped; a block is used again when all its orders are.
/// What may stay open for long (a call, an await) or is large has a place of its own, so that it
/// does not hold a block.
///
/// Thread: drop() and its state belong to the taker; the rest to whoever holds the owner's lock.
/// Bound:  the owner's, on orders; kSpareMax empty blocks.
class OrderStore {
public:
    /// Moves an order and copies the bytes of its job.
    [[nodiscard]] Order* keep(Order&& order);

    /// The order has ended; it is gone. Thread: the taker's.
    void drop(Order& order);

    /// What was dropped is room again. Thread: the taker's, which holds the lock.
    void recycle();

private:
    static constexpr std::size_t kSpareMax = 64;

    std::unique_ptr<OrderBlock> filling_;  // the newest; older ones are held by their orders
    std::vector<std::unique_ptr<OrderBlock>> spare_;

    std::vector<std::unique_ptr<OrderBlock>> empty_;  // the taker's
};

}  // namespace steward::client
