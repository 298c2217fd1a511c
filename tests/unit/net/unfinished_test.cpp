// tests/unit/net: which connections are ended because a message of theirs does not.
#include "common/net/unfinished.hpp"

#include <doctest/doctest.h>

namespace steward::net {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMax = 10'000'000;
constexpr std::uint64_t kMemoryMax = 1UL << 30U;
constexpr std::uint64_t kOver = kMax + Unfinished::kFraming;  // one more is too much

/// Connections of which a test says what came in, a tenth of a second after the other.
struct Watched {
    explicit Watched(int connections = 1, std::uint64_t total_max = 100 * kMax)
        : unfinished({kMax, total_max, kMemoryMax}) {
        for (int fd = 1; fd <= connections; ++fd) {
            unfinished.opened(fd, 1000U + static_cast<std::uint64_t>(fd), now);
        }
    }

    void sample(int fd, std::uint64_t bytes, std::uint64_t unread = 0, std::uint32_t segments = 0) {
        unfinished.sampled(fd, {bytes, segments, unread}, now);
    }

    /// Those that are ended when it has become sure.
    std::vector<int> judged(std::uint64_t resident = 0) {
        unfinished.judge_from_here(resident);
        unfinished.drained();
        std::vector<int> fds;
        for (const Unfinished::Verdict& verdict : unfinished.judge()) {
            fds.push_back(verdict.fd);
            last = verdict;
        }
        now += 100ms;
        return fds;
    }

    base::MonoTime now{1000s};
    Unfinished unfinished;
    Unfinished::Verdict last;
};

using Fds = std::vector<int>;

}  // namespace

TEST_CASE("unfinished: a connection is noticed, then counted, and ended one byte past its bound") {
    Watched world;
    world.sample(1, Unfinished::kNoticed);
    CHECK(world.unfinished.noticed().empty());
    world.sample(1, Unfinished::kNoticed + 1);
    CHECK(world.unfinished.noticed() == Fds{1});
    CHECK(world.judged().empty());
    world.sample(1, Unfinished::kNoticed + 1 + kOver);
    CHECK(world.judged().empty());
    world.sample(1, Unfinished::kNoticed + 1 + kOver + 1);
    CHECK(world.judged() == Fds{1});
    CHECK(world.last.tag == 1001);
    CHECK(world.last.bytes == kOver + 1);
    CHECK_FALSE(world.last.is_total);
    world.unfinished.closed(1);
    CHECK(world.unfinished.size() == 0);
    CHECK(world.judged().empty());
}

TEST_CASE("unfinished: what ends a message is counted anew, however much came before") {
    Watched world;
    std::uint64_t bytes = 0;
    for (int i = 0; i < 100; ++i) {
        world.sample(1, bytes += kMax);
        CHECK(world.judged().empty());
        world.unfinished.heard(1);
        CHECK(world.unfinished.noticed().empty());
    }
    // It stops with all ended: noticed once more, and left in peace.
    world.sample(1, bytes);
    CHECK(world.judged().empty());
    // One that does not end now.
    world.sample(1, bytes += kMax);
    CHECK(world.judged().empty());
    world.sample(1, bytes += kOver + 1);
    CHECK(world.judged() == Fds{1});
}

TEST_CASE("unfinished: what came in unnoticed, and then nothing, is no fault") {
    Watched world;
    world.sample(1, 1000 * kMax);  // whole messages, for all one knows
    for (int i = 0; i < 100; ++i) {
        CHECK(world.judged().empty());
        world.sample(1, 1000 * kMax);
    }
    CHECK(world.unfinished.noticed() == Fds{1});
}

TEST_CASE("unfinished: pings of months are nothing, more than pings is") {
    Watched world(2);
    std::uint64_t pings = 0;
    std::uint64_t more = 0;
    for (int day = 0; day < 400; ++day) {
        world.now += 24h;
        constexpr std::uint64_t kDay = Unfinished::kIdleBytesPerSecond * 24 * 3600;
        world.sample(1, pings += kDay);
        world.sample(2, more += kDay + kDay / 64);
        const Fds fds = world.judged();
        if (!fds.empty()) {
            CHECK(fds == Fds{2});
            world.unfinished.closed(2);
        }
    }
    CHECK(world.unfinished.size() == 1);
    CHECK(world.unfinished.noticed().empty());
}

TEST_CASE("unfinished: many samples forgive no more than few") {
    Watched world;
    std::uint64_t bytes = Unfinished::kNoticed + 1;
    for (int i = 0; i < 10'000; ++i) {  // a hundred seconds
        world.now += 10ms;
        world.sample(1, bytes += 10);
    }
    REQUIRE(world.unfinished.noticed() == Fds{1});
    world.sample(1, bytes += kOver);
    CHECK(world.judged() == Fds{1});
    CHECK(world.last.bytes >= kOver + 10 * 10'000 - 101 * Unfinished::kIdleBytesPerSecond);
}

TEST_CASE("unfinished: nobody is judged before his messages were taken") {
    Watched world(3);
    world.sample(1, Unfinished::kNoticed + 1);
    world.sample(1, Unfinished::kNoticed + 1 + kOver + 1);
    world.unfinished.judge_from_here(0);
    REQUIRE(world.unfinished.is_waiting());
    CHECK(world.unfinished.judge().empty());
    SUBCASE("there are no more") {
        world.unfinished.drained();
    }
    SUBCASE("each connection has had its turns") {
        for (int i = 0; i < 2 * 3 + 64; ++i) {
            CHECK(world.unfinished.judge().empty());
            world.unfinished.heard(i % 2 == 0 ? 2 : -1);
        }
    }
    SUBCASE("its own waited") {
        world.unfinished.heard(1);
        world.unfinished.drained();
        CHECK(world.unfinished.judge().empty());
        CHECK_FALSE(world.unfinished.is_waiting());
        return;
    }
    REQUIRE(world.unfinished.judge().size() == 1);
    CHECK_FALSE(world.unfinished.is_waiting());
}

TEST_CASE("unfinished: what is not read yet may end many messages") {
    Watched world;
    world.sample(1, Unfinished::kNoticed + 1);
    world.sample(1, Unfinished::kNoticed + 1 + kOver + 500, 500);
    CHECK(world.judged().empty());
    world.sample(1, Unfinished::kNoticed + 1 + kOver + 500, 499);
    CHECK(world.judged() == Fds{1});
}

TEST_CASE("unfinished: of many that are too much together those go that have begun first") {
    Watched world(4, 3 * kMax / 2);
    constexpr std::uint64_t kBegun = Unfinished::kNoticed + 10'000;  // some of it may be pings
    for (int fd = 4; fd >= 1; --fd) {
        world.sample(fd, kBegun);
        world.now += 1s;
    }
    for (const int fd : {1, 2, 3}) {
        world.sample(fd, kBegun + kMax / 2);
    }
    CHECK(world.judged().empty());
    world.sample(2, kBegun + kMax / 2 + 1000);
    CHECK(world.judged() == Fds{3});  // the fourth has taken in nothing since
    CHECK(world.last.is_total);
    CHECK(world.last.bytes <= kMax / 2);
}

TEST_CASE("unfinished: a descriptor that is another's begins anew") {
    Watched world;
    world.sample(1, Unfinished::kNoticed + 1);
    world.sample(1, Unfinished::kNoticed + 1 + kMax);
    SUBCASE("as it was told") {
        world.unfinished.opened(1, 7, world.now);
        CHECK(world.unfinished.size() == 1);
    }
    SUBCASE("before it was told") {
        world.sample(1, 5);
        CHECK(world.unfinished.size() == 0);
        world.unfinished.opened(1, 7, world.now);
    }
    CHECK(world.unfinished.noticed().empty());
    world.sample(1, Unfinished::kNoticed + 1);
    world.sample(1, Unfinished::kNoticed + 1 + kOver);
    CHECK(world.judged().empty());
    world.sample(1, Unfinished::kNoticed + 1 + kOver + 1);
    CHECK(world.judged() == Fds{1});
    CHECK(world.last.tag == 7);
}

TEST_CASE(
    "unfinished: what is small on the wire and large in memory is ended when memory says so") {
    Watched world(10);
    CHECK(world.judged(100'000'000).empty());
    // Empty frames: 2 MB each, of which nobody is over any bound in bytes.
    const std::uint64_t each = kMemoryMax / Unfinished::kByteWeight / 16;
    for (int fd = 1; fd <= 10; ++fd) {
        world.sample(fd, 2 * each);
    }
    CHECK(world.unfinished.noticed().size() == 10);
    CHECK(world.judged(100'000'000).empty());  // they have ended, for all that is known
    // Twice their bytes they may have in any case.
    const std::uint64_t plain = 100'000'000 + kMemoryMax / 2 + 2 * 20 * each;
    CHECK(world.judged(plain).empty());
    CHECK(world.judged(plain + 1) == Fds{1, 2, 3, 4, 5, 6});
    CHECK(world.last.is_total);
}

TEST_CASE("unfinished: frames that come one by one weigh what each of their buffers does") {
    Watched world(2);
    CHECK(world.judged(0).empty());
    const auto segments =
        static_cast<std::uint32_t>(kMemoryMax / Unfinished::kSegmentWeight * 3 / 4);
    world.sample(1, 1000, 0, segments);
    world.sample(2, 1000, 0, segments);
    CHECK(world.unfinished.noticed() == Fds{1, 2});
    CHECK(world.judged(kMemoryMax) == Fds{1, 2});
}

TEST_CASE("unfinished: who is heard weighs nothing, and growth from before does not count") {
    Watched world(2);
    const auto segments =
        static_cast<std::uint32_t>(kMemoryMax / Unfinished::kSegmentWeight * 3 / 4);
    world.sample(1, 1000, 0, segments);
    CHECK(world.judged(0).empty());
    CHECK(world.judged(kMemoryMax).empty());
    world.sample(2, 1000, 0, segments);
    world.unfinished.heard(1);
    CHECK(world.judged(2 * kMemoryMax).empty());
    CHECK(world.unfinished.noticed() == Fds{2});
}

}  // namespace steward::net
