// tests: job ids, states and their transitions.
#include "common/model/job.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "common/base/prng.hpp"

using namespace steward;
using namespace steward::model;

namespace {

constexpr std::array kAllStates = {JobState::Scheduled,
                                   JobState::Ready,
                                   JobState::Active,
                                   JobState::Succeeded,
                                   JobState::Failed,
                                   JobState::Dead,
                                   JobState::Expired,
                                   JobState::Cancelled,
                                   JobState::Blocked};
static_assert(kAllStates.size() == kJobStates);

// The moves, drawn by hand: what may_become() is held to.
const std::set<std::pair<JobState, JobState>> kMoves = {
    {JobState::Blocked, JobState::Scheduled},   {JobState::Blocked, JobState::Ready},
    {JobState::Blocked, JobState::Failed},      {JobState::Blocked, JobState::Dead},
    {JobState::Blocked, JobState::Expired},     {JobState::Blocked, JobState::Cancelled},
    {JobState::Scheduled, JobState::Ready},     {JobState::Scheduled, JobState::Failed},
    {JobState::Scheduled, JobState::Dead},      {JobState::Scheduled, JobState::Expired},
    {JobState::Scheduled, JobState::Cancelled}, {JobState::Ready, JobState::Active},
    {JobState::Ready, JobState::Scheduled},     {JobState::Ready, JobState::Failed},
    {JobState::Ready, JobState::Dead},          {JobState::Ready, JobState::Expired},
    {JobState::Ready, JobState::Cancelled},     {JobState::Active, JobState::Ready},
    {JobState::Active, JobState::Scheduled},    {JobState::Active, JobState::Succeeded},
    {JobState::Active, JobState::Failed},       {JobState::Active, JobState::Dead},
    {JobState::Active, JobState::Expired},      {JobState::Active, JobState::Cancelled},
    {JobState::Dead, JobState::Ready},          {JobState::Dead, JobState::Blocked},
};

}  // namespace

TEST_CASE("a job's id comes back from its text") {
    base::Prng prng(1);
    for (int i = 0; i < 10'000; ++i) {
        const JobId id{prng.next() >> prng.below(64), prng.next() >> prng.below(64)};
        const std::string text = id.text();
        REQUIRE(text.size() == 26);
        REQUIRE(JobId::parse(text) == id);
    }
}

TEST_CASE("the texts of known ids stay what they are") {
    CHECK(JobId{}.text() == "00000000000000000000000000");
    CHECK(JobId{0, 1}.text() == "00000000000000000000000001");
    CHECK(JobId{0, 31}.text() == "0000000000000000000000000z");
    CHECK(JobId{UINT64_MAX, UINT64_MAX}.text() == "7zzzzzzzzzzzzzzzzzzzzzzzzz");
    CHECK(JobId{1, 0}.text() == "0000000000000g000000000000");
}

TEST_CASE("an id is read in either case") {
    const JobId id{0x0001019ABCDEF012, 0xFFFF};
    std::string text = id.text();
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    CHECK(JobId::parse(text) == id);
}

TEST_CASE("what is no id is malformed") {
    const std::string good = JobId{5, 7}.text();
    std::vector<std::string> bad = {"",
                                    good.substr(1),
                                    good + "0",
                                    "8" + good.substr(1),
                                    "z" + good.substr(1),
                                    "-" + good.substr(1)};
    for (const char letter : std::string("ilouILOU -_\x80") + '\0') {
        bad.push_back(good.substr(0, 25) + letter);
    }
    for (const std::string& text : bad) {
        const auto id = JobId::parse(text);
        REQUIRE_FALSE(id.has_value());
        CHECK(id.error().code == base::Errc::Malformed);
    }
    CHECK(JobId::parse("7" + std::string(25, 'z')).has_value());
}

TEST_CASE("ids of one broker sort by age, and so do their texts") {
    const std::vector<JobId> ids = {{1, 0}, {1, 1}, {1, 31}, {1, 32}, {1, UINT64_MAX}, {2, 0}};
    CHECK(std::ranges::is_sorted(ids));
    CHECK(std::ranges::is_sorted(ids, {}, &JobId::text));
}

TEST_CASE("the moves between states are exactly the ones drawn") {
    for (const JobState from : kAllStates) {
        for (const JobState to : kAllStates) {
            CAPTURE(name_of(from));
            CAPTURE(name_of(to));
            CHECK(may_become(from, to) == kMoves.contains({from, to}));
        }
    }
}

TEST_CASE("nothing leaves a final state, but that the dead are retried") {
    for (const JobState from : kAllStates) {
        const bool stuck =
            std::ranges::none_of(kAllStates, [&](JobState to) { return may_become(from, to); });
        CHECK(is_final(from) == (stuck || from == JobState::Dead));
    }
}

TEST_CASE("every state has a word and a number of its own, the word in lower case") {
    std::set<std::string_view> words;
    for (const JobState state : kAllStates) {
        const std::string_view word = name_of(state);
        words.insert(word);
        CHECK(std::ranges::all_of(word, [](char c) { return c >= 'a' && c <= 'z'; }));
        CHECK(state_from_number(static_cast<std::uint64_t>(state)) == state);
        CHECK(state_named(word) == state);
    }
    CHECK(words.size() == kJobStates);
    CHECK_FALSE(words.contains("unknown"));
    CHECK_FALSE(state_from_number(kJobStates).has_value());
    CHECK_FALSE(state_from_number(UINT64_MAX).has_value());
    CHECK_FALSE(state_named("unknown").has_value());
    CHECK_FALSE(state_named("Ready").has_value());
    CHECK_FALSE(state_named("").has_value());
}

TEST_CASE("the numbers of states stay what they are") {
    CHECK(name_of(static_cast<JobState>(0)) == "scheduled");
    CHECK(name_of(static_cast<JobState>(5)) == "dead");
    CHECK(name_of(static_cast<JobState>(8)) == "blocked");
}

TEST_CASE("hashes of neighbouring ids spread over small tables") {
    std::array<int, 64> seen{};
    for (std::uint64_t number = 0; number < 6400; ++number) {
        ++seen.at(std::hash<JobId>{}({42, number}) >> 58U);
    }
    CHECK(*std::ranges::min_element(seen) > 50);
    CHECK(*std::ranges::max_element(seen) < 200);
}
