// tests: who serves the client's connection. Threads are real here, the connection is not.
#include "client/inbox.hpp"

#include <future>
#include <thread>

#include <doctest/doctest.h>

#include "common/posix/clock.hpp"

namespace steward::client::test {
namespace {

using namespace std::chrono_literals;

constexpr base::Duration kPatience = 20s;  // a test that waits longer has failed

struct Lending {
    Lending() = default;
    Lending(const Lending&) = delete;
    Lending& operator=(const Lending&) = delete;
    Inbox inbox{10, posix::WakeFd::open().value(), posix::AlarmFd::open().value()};
    BlockedReceiver receiver;
    std::vector<Order*> taken;

    ~Lending() {
        inbox.close(taken);
        for (Order* order : taken) {
            inbox.drop(*order);
        }
    }

    void push(Receiver* from) {
        Order order;
        order.question = std::make_unique<Question>(wire::native::Query{});
        order.deadline = base::MonoTime::max();
        order.receiver = from;
        REQUIRE(inbox.try_push(order) == PushStatus::Queued);
    }

    /// A blocked thread has given an order, the I/O thread has taken it and lends the connection.
    void lend() {
        push(&receiver);
        auto asleep = std::async(std::launch::async, [&] { inbox.sleep(receiver); });
        inbox.take(10, taken);
        REQUIRE(taken.size() == 1);
        const base::MonoTime end = posix::read_mono() + kPatience;
        bool is_lent = inbox.hands_over(1);
        while (!is_lent && posix::read_mono() < end) {
            std::this_thread::yield();
            is_lent = inbox.hands_over(1);
        }
        REQUIRE(is_lent);
        asleep.get();
        REQUIRE(inbox.borrow());
    }

    bool io_thread_takes_over() {
        const base::MonoTime end = posix::read_mono() + kPatience;
        bool does = inbox.takes_over();
        while (!does && posix::read_mono() < end) {
            does = inbox.takes_over();
        }
        return does;
    }
};

}  // namespace

TEST_CASE("the I/O thread serves until somebody blocks alone; who does borrows the connection") {
    Lending lending;
    CHECK_FALSE(lending.inbox.borrow());
    CHECK_FALSE(lending.inbox.hands_over(1));  // nobody sleeps
    lending.lend();
    CHECK(lending.inbox.serves_on());
    CHECK_FALSE(lending.inbox.borrow());  // one at a time
    SUBCASE("and again for his next order") {
        lending.inbox.release(false);
        CHECK(lending.inbox.borrow());
        lending.inbox.release(false);
    }
    SUBCASE("or leaves it to the I/O thread, which others wait for") {
        lending.inbox.release(true);
    }
    CHECK(lending.io_thread_takes_over());
    CHECK_FALSE(lending.inbox.borrow());
}

TEST_CASE("the connection is not lent while more than one order is open or waits") {
    Lending lending;
    lending.push(&lending.receiver);
    auto asleep = std::async(std::launch::async, [&] { lending.inbox.sleep(lending.receiver); });
    CHECK_FALSE(lending.inbox.hands_over(1));
    lending.inbox.take(1, lending.taken);
    CHECK_FALSE(lending.inbox.hands_over(2));
    lending.receiver.on_end(0, base::Unexpected(base::Error{base::Errc::Timeout, "", {}}));
    asleep.get();
}

TEST_CASE("an order whose giver does not serve ends the lending and is the I/O thread's") {
    ManyReceiver many(1);
    Lending lending;
    lending.lend();
    lending.push(nullptr);  // done() is user code
    CHECK_FALSE(lending.inbox.serves_on());
    std::vector<Order*> taken;
    lending.inbox.take(10, taken);
    lending.inbox.take_expired(base::MonoTime::max(), taken);
    CHECK(taken.empty());
    lending.inbox.release(false);
    CHECK_FALSE(lending.inbox.borrow());
    CHECK(lending.io_thread_takes_over());
    lending.inbox.take(10, taken);
    REQUIRE(taken.size() == 1);
    lending.inbox.drop(*taken.front());
    lending.push(&many);
    CHECK_FALSE(lending.inbox.hands_over(1));
}

TEST_CASE("a full inbox is told from one that is closed, which it is first") {
    Lending lending;
    for (int i = 0; i < 10; ++i) {
        lending.push(nullptr);
    }
    Order order;
    order.question = std::make_unique<Question>(wire::native::Query{});
    order.deadline = base::MonoTime::min();
    CHECK(lending.inbox.try_push(order) == PushStatus::Full);
    const Pushed full = lending.inbox.push({&order, 1});
    CHECK(full.count == 0);
    CHECK(full.status == PushStatus::Full);
    lending.inbox.close(lending.taken);
    CHECK(lending.inbox.try_push(order) == PushStatus::Closed);
    const Pushed closed = lending.inbox.push({&order, 1});
    CHECK(closed.count == 0);
    CHECK(closed.status == PushStatus::Closed);
}

TEST_CASE("a client that is closed keeps its connection") {
    Lending lending;
    lending.lend();
    lending.inbox.keep_for_io_thread();
    CHECK_FALSE(lending.inbox.serves_on());
    lending.inbox.release(false);
    CHECK(lending.io_thread_takes_over());
}

}  // namespace steward::client::test
