// tests/unit/net: endpoint texts.
#include "common/net/endpoint.hpp"

#include <doctest/doctest.h>

using namespace steward::net;

TEST_CASE("an endpoint is made of host and port, port 0 is any free one") {
    CHECK(tcp_endpoint("127.0.0.1", 5555) == "tcp://127.0.0.1:5555");
    CHECK(tcp_endpoint("localhost", 0) == "tcp://localhost:*");
    CHECK(tcp_endpoint("::1", 65535) == "tcp://[::1]:65535");
    CHECK(tcp_endpoint("[::1]", 1) == "tcp://[::1]:1");
    CHECK(tcp_endpoint("*", 1) == "tcp://*:1");
}

TEST_CASE("the port of an endpoint is read back") {
    CHECK(port_of("tcp://127.0.0.1:5555") == 5555);
    CHECK(port_of("tcp://[::1]:65535") == 65535);
    for (const char* bad :
         {"", "tcp://h:65536", "tcp://h:", "tcp://h:-1", "tcp://h:1x", "tcp:5", "ipc://x:1"}) {
        CAPTURE(bad);
        CHECK_FALSE(port_of(bad).has_value());
    }
}

TEST_CASE("what people write is understood or refused with what is allowed") {
    CHECK(parse_endpoint("tcp://h:1") == "tcp://h:1");
    CHECK(parse_endpoint("h:1") == "tcp://h:1");
    CHECK(parse_endpoint("[::1]:1") == "tcp://[::1]:1");
    CHECK(parse_endpoint("ipc:///run/x") == "ipc:///run/x");
    const std::string longest = std::string(510, 'h') + ":1";
    CHECK(parse_endpoint(longest) == "tcp://" + longest);
    for (const std::string& bad : {std::string(),
                                   std::string("h"),
                                   std::string("h:"),
                                   std::string(":1"),
                                   std::string("tcp://h"),
                                   std::string("http://h:1"),
                                   std::string("h\0:1", 4),
                                   "h" + longest}) {
        CAPTURE(bad);
        const auto parsed = parse_endpoint(bad);
        REQUIRE_FALSE(parsed.has_value());
        CHECK(parsed.error().message.find("HOST:PORT") != std::string::npos);
    }
}
