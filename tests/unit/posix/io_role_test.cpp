// tests: who serves a connection, and the alarm that the I/O thread sleeps on.
#include "common/posix/io_role.hpp"

#include <doctest/doctest.h>

#include "common/posix/clock.hpp"

namespace steward::posix {
namespace {

using namespace std::chrono_literals;

const AlarmFd& alarm() {
    static const AlarmFd opened = AlarmFd::open().value();
    return opened;
}

constexpr base::MonoTime kStart{1h};

}  // namespace

TEST_CASE("an alarm rings when it was set to, and at once when that has passed") {
    const base::MonoTime at = read_mono() + 5ms;
    alarm().set(at);
    alarm().wait();
    CHECK(read_mono() >= at);
    alarm().set({});
    alarm().wait();
    alarm().set(read_mono() + 1h);
    alarm().set(read_mono());  // the later word counts
    alarm().wait();
}

TEST_CASE("without an alarm the I/O thread serves always") {
    IoRole role(nullptr);
    CHECK_FALSE(role.can_be_lent());
    CHECK_FALSE(role.is_free());
    role.call();
    CHECK_FALSE(role.is_free());
}

TEST_CASE("what nobody serves is the I/O thread's after a while, what is lent is not") {
    IoRole role(&alarm());
    CHECK_FALSE(role.take_over(kStart));  // has it
    role.release(kStart);
    CHECK(role.is_free());
    CHECK_FALSE(role.take_over(kStart + IoRole::kPatience - 1us));
    role.borrow();
    CHECK(role.is_lent());
    CHECK_FALSE(role.take_over(kStart + 1h));
    role.release(kStart + 2h);
    CHECK_FALSE(role.take_over(kStart + 2h));
    CHECK(role.take_over(kStart + 2h + IoRole::kPatience));
    CHECK_FALSE(role.is_free());
    CHECK_FALSE(role.is_lent());
}

TEST_CASE("a call brings the I/O thread at once, and only where nobody serves") {
    IoRole role(&alarm());
    role.release(kStart);
    role.borrow();
    role.call();
    role.release(kStart + 1ms);
    CHECK_FALSE(role.take_over(kStart + 1ms));
    role.call();
    CHECK(role.take_over(kStart + 1ms));
    role.release(kStart + 2ms);
    CHECK_FALSE(role.take_over(kStart + 2ms));  // the call is over
}

TEST_CASE("between other work the connection is due now and then, while nobody serves it") {
    IoRole role(&alarm());
    CHECK_FALSE(role.is_due(kStart));
    role.release(kStart);
    CHECK_FALSE(role.is_due(kStart + IoRole::kInterval - 1us));
    CHECK(role.is_due(kStart + IoRole::kInterval));
    role.borrow();
    CHECK_FALSE(role.is_due(kStart + 1h));
}

}  // namespace steward::posix
