// A queue in chunks against one of the standard library.
#include "common/base/chunk_queue.hpp"

#include <deque>
#include <memory>

#include <doctest/doctest.h>

#include "common/base/prng.hpp"

using namespace steward;

TEST_CASE("chunk queue: whatever comes and goes, it holds what a deque holds, and frees it") {
    const auto counted = std::make_shared<int>();
    {
        base::ChunkQueue<std::pair<std::uint64_t, std::shared_ptr<int>>, 4> queue;
        std::deque<std::uint64_t> wanted;
        base::Prng prng(3);
        for (std::uint64_t i = 0; i < 5000; ++i) {
            // Grows for a while, then shrinks.
            if (wanted.empty() || prng.chance(i / 500 % 2 == 0 ? 3 : 1, 4)) {
                CHECK(queue.emplace_back(i, counted).first == i);
                wanted.push_back(i);
            } else {
                queue.pop_front();
                wanted.pop_front();
            }
            REQUIRE(queue.size() == wanted.size());
            CHECK(queue.empty() == wanted.empty());
            CHECK(counted.use_count() == static_cast<long>(wanted.size()) + 1);
            if (!wanted.empty()) {
                CHECK(queue.front().first == wanted.front());
                const std::size_t some = prng.below(wanted.size());
                CHECK(queue[some].first == wanted[some]);
            }
        }
    }
    CHECK(counted.use_count() == 1);
}

TEST_CASE("chunk queue: an element stays where it is") {
    base::ChunkQueue<int, 2> queue;
    const int* first = &queue.emplace_back(0);
    for (int i = 1; i < 1000; ++i) {
        queue.emplace_back(i);
    }
    CHECK(&queue.front() == first);
    CHECK(queue[999] == 999);
}
