// tests: the stop state of one attempt after the other, made when it is asked for.
#include "worker/stop.hpp"

#include <doctest/doctest.h>

namespace steward::worker {

TEST_CASE(
    "a stop before anybody asked for the token leaves nothing to fire, and the token has fired") {
    Stop stop;
    CHECK_FALSE(stop.is_requested());
    CHECK_FALSE(stop.request().has_value());
    CHECK(stop.is_requested());
    CHECK(stop.token().stop_requested());
}

TEST_CASE("a stop after the token was asked for is fired by the caller") {
    Stop stop;
    const std::stop_token& token = stop.token();
    int calls = 0;
    const std::stop_callback callback(token, [&] { ++calls; });
    auto source = stop.request();
    REQUIRE(source.has_value());
    CHECK(stop.is_requested());
    CHECK(calls == 0);
    source->request_stop();
    CHECK(calls == 1);
    CHECK(token.stop_requested());
}

TEST_CASE(
    "the next attempt is not stopped by the last one's stop, nor its old token by the next's") {
    Stop stop;
    const std::stop_token first = stop.token();
    stop.renew();
    const std::stop_token second = stop.token();
    CHECK(stop.request()->request_stop());
    CHECK(second.stop_requested());
    CHECK_FALSE(first.stop_requested());
    stop.renew();
    CHECK_FALSE(stop.is_requested());
    CHECK_FALSE(stop.token().stop_requested());
}

}  // namespace steward::worker
