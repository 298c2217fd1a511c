// tests: where orders lie: nothing is lost, doubled or kept; the inbox's order and bounds.
#include "client/order_store.hpp"

#include <set>
#include <string>

#include <doctest/doctest.h>

#include "client/inbox.hpp"
#include "tests/unit/client/broker_side.hpp"

namespace steward::client::test {
namespace {

Order order_of(wire::MsgpackWriter& bytes, std::size_t index, std::size_t size, bool sync = false) {
    Order order;
    const model::Payload params{model::Encoding::Opaque, base::Blob::copy(std::string(size, 'x'))};
    order.job = wire::native::pack_job(bytes, "mail", params, {}, sync);
    order.index = index;
    order.deadline = kStart + 10s;
    return order;
}

Order* keep(OrderStore& store, std::size_t index, std::size_t size, bool sync = false) {
    wire::MsgpackWriter bytes;
    return store.keep(order_of(bytes, index, size, sync));
}

}  // namespace

TEST_CASE("Orders stay in their places with their bytes until they are dropped, in any sequence") {
    OrderStore store;
    for (int round = 0; round < 3; ++round) {
        std::vector<Order*> kept;
        for (std::size_t i = 0; i < 3 * OrderBlock::kOrders + 7; ++i) {
            kept.push_back(keep(store, i, i % 5000));
        }
        CHECK(std::set<Order*>(kept.begin(), kept.end()).size() == kept.size());
        wire::MsgpackWriter again;
        for (std::size_t i = 0; i < kept.size(); ++i) {
            again.cut(0);
            CHECK(kept[i]->index == i);
            CHECK(kept[i]->job.bytes == order_of(again, i, i % 5000).job.bytes);
        }
        for (std::size_t i = 0; i < kept.size(); i += 2) {
            store.drop(*kept[i]);
        }
        for (std::size_t i = 1; i < kept.size(); i += 2) {
            store.drop(*kept[i]);
        }
        store.recycle();
    }
}

TEST_CASE("A block is used again when all its orders were dropped, and not before") {
    OrderStore store;
    std::vector<Order*> first;
    for (std::size_t i = 0; i < OrderBlock::kOrders; ++i) {
        first.push_back(keep(store, i, 1));
    }
    OrderBlock* const block = first.front()->block;
    CHECK(first.back()->block == block);
    for (std::size_t i = 0; i + 1 < first.size(); ++i) {
        store.drop(*first[first.size() - 1 - i]);
    }
    store.recycle();
    Order* const other = keep(store, 0, 1);
    CHECK(other->block != block);
    store.drop(*first.front());
    store.recycle();
    for (std::size_t i = 1; i < OrderBlock::kOrders; ++i) {
        store.drop(*keep(store, i, 1));
    }
    store.drop(*other);
    Order* const reused = keep(store, 0, 1);
    CHECK(reused->block == block);
    store.drop(*reused);
}

TEST_CASE("What may stay open for long or is large holds no block") {
    OrderStore store;
    Order* const call = keep(store, 0, 100, true);
    CHECK(call->block == nullptr);
    CHECK(call->job.bytes.data() == call->job.owner.view().data());
    store.drop(*call);

    wire::MsgpackWriter bytes;
    model::JobOptions options;
    options.after.resize(OrderBlock::kJobBytesMax / 16);
    Order large;
    large.job = wire::native::pack_job(bytes, "mail", {}, options, false);
    Order* const kept = store.keep(std::move(large));
    CHECK(kept->block == nullptr);
    store.drop(*kept);

    Order question;
    question.question = std::make_unique<Question>(wire::native::Query{});
    Order* const asked = store.keep(std::move(question));
    CHECK(asked->block == nullptr);
    store.drop(*asked);
}

TEST_CASE(
    "An inbox gives orders in the sequence they came, no more than asked for, and is bounded") {
    Inbox inbox(5, posix::WakeFd::open().value(), posix::AlarmFd::open().value());
    wire::MsgpackWriter bytes;
    const auto push = [&](std::size_t index, base::Duration until) {
        bytes.cut(0);
        Order order = order_of(bytes, index, 10, index % 2 == 0);
        order.deadline = kStart + until;
        return inbox.try_push(order) == PushStatus::Queued;
    };
    for (std::size_t i = 0; i < 5; ++i) {
        CHECK(push(i, i == 3 ? 1s : 10s));
    }
    CHECK_FALSE(push(5, 10s));
    std::vector<Order*> taken;
    inbox.take(2, taken);
    REQUIRE(taken.size() == 2);
    CHECK(taken[0]->index == 0);
    CHECK(taken[1]->index == 1);
    CHECK(push(6, 10s));
    CHECK(inbox.next_deadline() == kStart + 1s);
    inbox.take_expired(kStart + 2s, taken);
    REQUIRE(taken.size() == 3);
    CHECK(taken[2]->index == 3);
    CHECK(inbox.next_deadline() == kStart + 10s);
    inbox.close(taken);
    REQUIRE(taken.size() == 6);
    CHECK(taken[3]->index == 2);
    CHECK(taken[4]->index == 4);
    CHECK(taken[5]->index == 6);
    CHECK_FALSE(push(7, 10s));
    for (Order* order : taken) {
        inbox.drop(*order);
    }
}

}  // namespace steward::client::test
