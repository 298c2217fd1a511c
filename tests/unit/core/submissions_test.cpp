#include "broker/core/submissions.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace steward;
using namespace steward::core;
using namespace std::chrono_literals;

namespace {

KeptResult result_of(std::size_t bytes) {
    KeptResult result;
    result.result = {model::Encoding::Opaque, base::Blob::copy(std::string(bytes, 'r'))};
    return result;
}

constexpr base::MonoTime kNow{1h};

}  // namespace

TEST_CASE("submissions: a window slides with the acknowledgements and ends at its limit") {
    model::Limits limits;
    limits.in_flight_max = 2;
    SubmissionTable table;
    table.acknowledge(1, 10, kNow, limits);
    using Place = SubmissionTable::Place;
    CHECK(table.open({1, 9}, kNow, limits).place == Place::Acknowledged);
    CHECK(table.open({1, 11}, kNow, limits).place == Place::Open);
    CHECK(table.open({1, 12}, kNow, limits).place == Place::BeyondWindow);
    table.acknowledge(1, 11, kNow, limits);
    CHECK(table.open({1, 12}, kNow, limits).place == Place::Open);
    table.acknowledge(1, 5, kNow, limits);  // an old one, come late
    CHECK(table.open({1, 10}, kNow, limits).place == Place::Acknowledged);
}

TEST_CASE("submissions: over the limit results are given up, never that a job is known") {
    model::Limits limits;
    limits.held_results_bytes_max = 2 * (sizeof(KeptResult) + 100);
    SubmissionTable table;
    for (const std::uint64_t session : {1U, 2U, 3U}) {
        table.open({session, 1}, kNow, limits).submission->job = {9, session};
        table.open({session, 2}, kNow, limits).submission->job = {9, 10 + session};
        table.keep({session, 1}, result_of(100), limits);
        CHECK(table.kept_bytes() <= limits.held_results_bytes_max);
    }
    CHECK(table.open({1, 1}, kNow, limits).submission->kept == nullptr);
    CHECK(table.open({2, 1}, kNow, limits).submission->kept != nullptr);
    CHECK(table.open({3, 1}, kNow, limits).submission->kept != nullptr);
    for (const std::uint64_t session : {1U, 2U, 3U}) {
        CHECK(table.has_seen({session, 1}));
        CHECK(table.has_seen({session, 2}));
    }
    table.acknowledge(2, 2, kNow, limits);
    table.acknowledge(3, 2, kNow, limits);
    CHECK(table.kept_bytes() == 0);
}

TEST_CASE("submissions: a result that is larger than all may be is not kept") {
    model::Limits limits;
    limits.held_results_bytes_max = sizeof(KeptResult) + 99;
    SubmissionTable table;
    table.open({1, 1}, kNow, limits).submission->job = {9, 1};
    table.keep({1, 1}, result_of(100), limits);
    CHECK(table.kept_bytes() == 0);
    table.keep({1, 1}, result_of(99), limits);
    CHECK(table.kept_bytes() == limits.held_results_bytes_max);
}

TEST_CASE("submissions: silent sessions are forgotten, the longest silent first") {
    model::Limits limits;
    limits.sessions_max = 2;
    SubmissionTable table;
    table.open({1, 1}, kNow, limits).submission->job = {9, 1};
    table.open({2, 1}, kNow + 1s, limits).submission->job = {9, 2};
    table.acknowledge(1, 1, kNow + 2s, limits);
    table.open({3, 1}, kNow + 3s, limits).submission->job = {9, 3};
    CHECK(table.has_seen({1, 1}));
    CHECK_FALSE(table.has_seen({2, 1}));
    table.forget_silent(kNow + 3s);
    CHECK_FALSE(table.has_seen({1, 1}));
    CHECK(table.has_seen({3, 1}));
    CHECK(table.sessions() == 1);
}
