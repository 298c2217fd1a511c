// tests: text that stands in its object when it is short.
#include "common/base/small_text.hpp"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using steward::base::SmallText;

namespace {

// Around the border of what stands inside, with zeros in it.
std::vector<std::string> texts() {
    std::vector<std::string> all;
    for (const std::size_t size : {0UL, 1UL, 7UL, 8UL, 9UL, 14UL, 15UL, 16UL, 17UL, 100UL, 255UL}) {
        std::string text;
        for (std::size_t i = 0; i < size; ++i) {
            text.push_back(static_cast<char>('a' + i % 26));
        }
        all.push_back(text);
        if (size > 1) {
            text.back() = '\0';
            all.push_back(text);
            text.front() = '\xFF';
            all.push_back(text);
        }
    }
    return all;
}

}  // namespace

TEST_CASE("small text: nothing given is empty, and what is given is what is seen") {
    CHECK(SmallText().view().empty());
    CHECK(SmallText("") == SmallText());
    for (const std::string& text : texts()) {
        std::string given = text;
        const SmallText small(given);
        given.assign(given.size(), 'x');
        CHECK(small.view() == text);
    }
    static_assert(sizeof(SmallText) == 16);
}

TEST_CASE("small text: equal as their bytes are, with equal hashes") {
    const std::vector<std::string> all = texts();
    for (const std::string& left : all) {
        for (const std::string& right : all) {
            CHECK((SmallText(left) == SmallText(right)) == (left == right));
        }
        CHECK(SmallText(left).hash() == SmallText::hash(left));
    }
}

namespace {

void copy(const std::string& first, const std::string& second) {
    SmallText from(first);
    SmallText to(second);
    const SmallText copy(to);
    to = from;
    CHECK(to.view() == first);
    CHECK(from.view() == first);
    CHECK(copy.view() == second);
}

void move(const std::string& first, const std::string& second) {
    SmallText from(first);
    SmallText to(second);
    from = SmallText(second);
    CHECK(from.view() == second);
    to = std::move(from);
    CHECK(to.view() == second);
    CHECK(from.view().empty());  // NOLINT(bugprone-use-after-move): that is what is tested
    const SmallText moved(std::move(to));
    CHECK(moved.view() == second);
}

}  // namespace

TEST_CASE("small text: copies and moves, long over short and short over long") {
    const std::vector<std::string> all = texts();
    for (const std::string& first : all) {
        for (const std::string& second : all) {
            copy(first, second);
            move(first, second);
        }
        SmallText itself(first);
        SmallText& alias = itself;
        itself = alias;
        CHECK(itself.view() == first);
    }
}

TEST_CASE("small text: names that differ by little have hashes that differ in all their parts") {
    std::set<std::size_t> low;
    std::set<std::size_t> high;
    constexpr std::size_t kNames = 4'096;
    constexpr std::size_t kMask = kNames * 16 - 1;
    for (std::size_t i = 0; i < kNames; ++i) {
        const std::size_t hash = SmallText::hash("service-" + std::to_string(i));
        low.insert(hash & kMask);
        high.insert((hash >> 32U) & kMask);
    }
    // Of so many at random in sixteen times as many places some three in a hundred meet another.
    CHECK(low.size() > kNames * 9 / 10);
    CHECK(high.size() > kNames * 9 / 10);
}
