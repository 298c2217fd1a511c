// tests: that the fake broker itself behaves.
#include "tests/unit/client/fake_broker.hpp"

#include <doctest/doctest.h>

namespace steward::client::test {

TEST_CASE("A fake broker can be stopped twice and leaves its port") {
    FakeBroker broker;
    CHECK(broker.endpoint().starts_with("tcp://127.0.0.1:"));
    broker.stop();
    broker.stop();
    net::Context context = net::Context::open().value();
    net::Socket router = net::make_router(context, {.linger = 0s}).value();
    CHECK(router.bind(broker.endpoint()).has_value());
}

}  // namespace steward::client::test
