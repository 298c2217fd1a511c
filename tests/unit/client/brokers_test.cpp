// tests: the addresses of brokers as people write them.
#include "client/brokers.hpp"

#include <doctest/doctest.h>

namespace steward::client {

TEST_CASE("An address without a port gets the default one") {
    CHECK(broker_endpoint("localhost").value() == "tcp://localhost:5555");
    CHECK(broker_endpoint("localhost", 7000).value() == "tcp://localhost:7000");
    CHECK(broker_endpoint("localhost:6000", 7000).value() == "tcp://localhost:6000");
    CHECK(broker_endpoint("tcp://10.0.0.1").value() == "tcp://10.0.0.1:5555");
    CHECK(broker_endpoint("tcp://10.0.0.1:1").value() == "tcp://10.0.0.1:1");
    CHECK(broker_endpoint("[::1]").value() == "tcp://[::1]:5555");
    CHECK(broker_endpoint("[::1]:6000").value() == "tcp://[::1]:6000");
    CHECK(broker_endpoint("::1").value() == "tcp://[::1]:5555");
    CHECK(broker_endpoint("ipc:///run/steward.sock").value() == "ipc:///run/steward.sock");
}

TEST_CASE("What is no address is refused") {
    for (const char* text : {"", "  ", "host:", ":5555", "host:x", "host:65536", "udp://host:1"}) {
        CAPTURE(text);
        const auto endpoint = broker_endpoint(text);
        REQUIRE_FALSE(endpoint.has_value());
        CHECK(endpoint.error().code == base::Errc::Malformed);
    }
}

TEST_CASE("A list has commas, and at most so many brokers") {
    CHECK(broker_endpoints("a, b:1").value() ==
          std::vector<std::string>{"tcp://a:5555", "tcp://b:1"});
    CHECK_FALSE(broker_endpoints("").has_value());
    CHECK_FALSE(broker_endpoints("a,").has_value());
    CHECK_FALSE(broker_endpoints("a,,b").has_value());
    std::string list = "a";
    for (std::size_t i = 1; i < kBrokersMax; ++i) {
        list += ",a";
    }
    CHECK(broker_endpoints(list)->size() == kBrokersMax);
    CHECK_FALSE(broker_endpoints(list + ",a").has_value());
}

}  // namespace steward::client
