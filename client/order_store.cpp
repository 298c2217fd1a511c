#include "client/order_store.hpp"

#include <cstring>
#include <utility>

#include "common/base/assert.hpp"

namespace steward::client {

namespace {

bool is_for_block(const Order& order) {
    return order.question == nullptr && !order.job.takes_result &&
           order.job.bytes.size() <= OrderBlock::kJobBytesMax;
}

}  // namespace

Order* OrderStore::keep(Order&& order) {
    if (!is_for_block(order)) {
        auto own = std::make_unique<Order>(std::move(order));
        if (own->question == nullptr && own->job.owner.empty()) {
            own->job = wire::native::kept(std::move(own->job));
        }
        return own.release();
    }
    if (filling_ == nullptr && !spare_.empty()) {
        filling_ = std::move(spare_.back());
        spare_.pop_back();
    } else if (filling_ == nullptr) {
        filling_ = std::make_unique_for_overwrite<OrderBlock>();
    }
    OrderBlock& block = *filling_;
    Order& place = block.orders[block.used++];
    place = std::move(order);
    const std::size_t size = place.job.bytes.size();
    char* bytes = block.bytes.data() + block.bytes_used;
    std::memcpy(bytes, place.job.bytes.data(), size);
    place.job.bytes = {bytes, size};
    block.bytes_used += static_cast<std::uint32_t>(size);
    place.block = &block;
    // Decided here, and told by the order itself: the taker need not ask under the lock.
    if (block.used == OrderBlock::kOrders ||
        OrderBlock::kBytes - block.bytes_used < OrderBlock::kJobBytesMax) {
        place.last_of = block.used;
        static_cast<void>(filling_.release());
    }
    return &place;
}

void OrderStore::drop(Order& order) {
    OrderBlock* block = order.block;
    if (block == nullptr) {
        delete &order;
        return;
    }
    if (order.last_of != 0) {
        block->all = order.last_of;
    }
    order.job.params = {};
    order.done = nullptr;
    order.last_of = 0;
    if (++block->dropped == block->all) {
        block->used = block->bytes_used = block->dropped = block->all = 0;
        empty_.emplace_back(block);
    }
}

void OrderStore::recycle() {
    for (auto& block : empty_) {
        if (spare_.size() < kSpareMax) {
            spare_.push_back(std::move(block));
        }
    }
    empty_.clear();
}

}  // namespace steward::client
