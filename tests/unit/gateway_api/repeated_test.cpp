#include "gateway/api/repeated.hpp"

#include <string>

#include <doctest/doctest.h>

namespace steward::gateway {
namespace {

using namespace std::chrono_literals;

constexpr base::MonoTime kStart{};
constexpr model::JobId kJob{7, 1};

TEST_CASE("a key is new once; then it is on its way, and then it is the job that it made") {
    RepeatedRequests repeated;
    CHECK(repeated.look_at("k", 1, kStart)->is_new);
    const auto again = repeated.look_at("k", 1, kStart);
    CHECK_FALSE(again->is_new);
    CHECK_FALSE(again->job.has_value());
    repeated.made("k", kJob);
    CHECK(repeated.look_at("k", 1, kStart)->job == kJob);
}

TEST_CASE("the key of another request is refused, and so is what is no key") {
    RepeatedRequests repeated;
    CHECK(repeated.look_at("k", 1, kStart));
    CHECK(repeated.look_at("k", 2, kStart).error().code == base::Errc::Duplicate);
    CHECK(repeated.look_at(std::string(RepeatedRequests::kKeyBytesMax, 'k'), 1, kStart));
    CHECK_FALSE(repeated.look_at(std::string(RepeatedRequests::kKeyBytesMax + 1, 'k'), 1, kStart));
    CHECK(repeated.look_at("two words", 1, kStart).error().code == base::Errc::BadOption);
    CHECK_FALSE(repeated.look_at("\x7f", 1, kStart));
}

TEST_CASE("a request that made no job leaves nothing") {
    RepeatedRequests repeated;
    CHECK(repeated.look_at("k", 1, kStart));
    repeated.failed("k");
    CHECK(repeated.size() == 0);
    CHECK(repeated.look_at("k", 2, kStart)->is_new);
    repeated.failed("never seen");
    repeated.made("never seen", kJob);
    CHECK(repeated.size() == 1);
}

TEST_CASE("a key is forgotten after its time, and the oldest when there are too many") {
    RepeatedRequests repeated(2, 1h);
    CHECK(repeated.look_at("a", 1, kStart)->is_new);
    CHECK_FALSE(repeated.look_at("a", 1, kStart + 1h - 1us)->is_new);
    CHECK(repeated.look_at("a", 1, kStart + 1h)->is_new);
    CHECK(repeated.look_at("b", 1, kStart + 1h)->is_new);
    CHECK(repeated.look_at("c", 1, kStart + 1h)->is_new);
    CHECK(repeated.size() == 2);
    CHECK(repeated.look_at("a", 1, kStart + 1h)->is_new);
}

}  // namespace
}  // namespace steward::gateway
