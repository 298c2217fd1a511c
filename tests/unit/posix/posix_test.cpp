// tests/unit/posix: clocks, descriptors, wake-ups, signals.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <thread>
#include <unistd.h>

#include <doctest/doctest.h>

#include "common/posix/clock.hpp"
#include "common/posix/descriptor_limit.hpp"
#include "common/posix/errno_text.hpp"
#include "common/posix/random_seed.hpp"
#include "common/posix/signal_fd.hpp"
#include "common/posix/wake_fd.hpp"

using namespace steward;
using namespace steward::posix;

namespace {

bool is_readable(int fd, int timeout_ms = 0) {
    pollfd item{fd, POLLIN, 0};
    return ::poll(&item, 1, timeout_ms) == 1;
}

bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) != -1;
}

}  // namespace

TEST_CASE("the monotonic clock never goes back, and the wall clock is in this century") {
    base::MonoTime last = read_mono();
    for (int i = 0; i < 1000; ++i) {
        const base::Now now = read_clock();
        CHECK(now.mono >= last);
        last = now.mono;
    }
    CHECK(read_clock().wall.time_since_epoch() > std::chrono::hours(24 * 365 * 50));
}

TEST_CASE("a descriptor is closed once, by its last owner") {
    int raw = -1;
    {
        UniqueFd first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        raw = first.get();
        REQUIRE(is_open(raw));
        UniqueFd second(std::move(first));
        CHECK_FALSE(first.is_open());  // NOLINT(bugprone-use-after-move): what is tested
        CHECK(second.get() == raw);
    }
    CHECK_FALSE(is_open(raw));
    UniqueFd given(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    raw = given.release();
    CHECK_FALSE(given.is_open());
    CHECK(is_open(raw));
    ::close(raw);
}

TEST_CASE("a wake-up from another thread is seen, and many are one") {
    auto wake = WakeFd::open();
    REQUIRE(wake.has_value());
    CHECK_FALSE(is_readable(wake->fd()));
    std::thread other([&] {
        for (int i = 0; i < 100; ++i) {
            wake->wake();
        }
    });
    CHECK(is_readable(wake->fd(), 10'000));
    other.join();
    wake->clear();
    CHECK_FALSE(is_readable(wake->fd()));
    wake->clear();
    wake->wake();
    CHECK(is_readable(wake->fd()));
}

TEST_CASE("a blocked signal waits to be read, and its old handling comes back") {
    {
        auto signals = SignalFd::open({SIGUSR1, SIGUSR2});
        REQUIRE(signals.has_value());
        CHECK_FALSE(signals->next().has_value());
        REQUIRE(::raise(SIGUSR1) == 0);
        CHECK(is_readable(signals->fd()));
        CHECK(signals->next() == SIGUSR1);
        CHECK_FALSE(signals->next().has_value());
    }
    sigset_t mask;
    REQUIRE(::pthread_sigmask(SIG_SETMASK, nullptr, &mask) == 0);
    CHECK(sigismember(&mask, SIGUSR1) == 0);
    CHECK(sigismember(&mask, SIGUSR2) == 0);
}

TEST_CASE("a signal that was blocked before stays blocked") {
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    REQUIRE(::pthread_sigmask(SIG_BLOCK, &mask, nullptr) == 0);
    { REQUIRE(SignalFd::open({SIGUSR1}).has_value()); }
    sigset_t now;
    REQUIRE(::pthread_sigmask(SIG_SETMASK, nullptr, &now) == 0);
    CHECK(sigismember(&now, SIGUSR1) == 1);
    REQUIRE(::pthread_sigmask(SIG_UNBLOCK, &mask, nullptr) == 0);
}

TEST_CASE("two seeds differ") {
    const auto one = random_seed();
    const auto two = random_seed();
    REQUIRE(one.has_value());
    REQUIRE(two.has_value());
    CHECK(*one != *two);
}

TEST_CASE("a system error says what was done and why it failed") {
    const base::Unexpected error = io_error("cannot open x", ENOENT);
    CHECK(error.value().code == base::Errc::Io);
    CHECK(error.value().message == "cannot open x: No such file or directory");
}

TEST_CASE("the descriptor limit is raised to what the system allows") {
    const auto limit = raise_descriptor_limit();
    CHECK(limit > 0);
    CHECK(raise_descriptor_limit() == limit);
}
