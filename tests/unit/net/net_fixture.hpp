// tests/unit/net: two ends on the loopback, and waiting for a condition instead of sleeping.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "common/net/connection.hpp"
#include "common/net/dealer.hpp"
#include "common/net/poller.hpp"
#include "common/net/roles.hpp"

namespace steward::net::test {

inline constexpr base::Duration kPatience = std::chrono::seconds(10);

template <class T>
T must(base::Expected<T> result) {
    if (!result) {
        FAIL(result.error().message);
    }
    return std::move(*result);
}

/// Waits until `socket` is readable; fails the test when it never is.
inline void await_readable(const Socket& socket) {
    Poller poller;
    poller.add(socket);
    REQUIRE(must(poller.wait(kPatience)) == 1);
}

/// The dealer's next link event; fails the test when none comes.
inline LinkEvent await_link(Connection& dealer) {
    for (int tries = 0; tries < 1000; ++tries) {
        if (const auto event = dealer.next_link()) {
            return *event;
        }
        Poller poller;
        dealer.add_to(poller);
        dealer.watch(poller, false);
        REQUIRE(must(poller.wait(kPatience)) > 0);
    }
    FAIL("no link event came");
    return LinkEvent::Refused;
}

/// A ROUTER on a free port of the loopback.
struct Listening {
    explicit Listening(Context& context, const SocketOptions& options = {})
        : router(must(make_router(context, options))),
          endpoint(must(router.bind("tcp://127.0.0.1:*"))) {}

    Socket router;
    std::string endpoint;

    std::pair<std::string, Frames> receive() {
        await_readable(router);
        std::pair<std::string, Frames> message;
        REQUIRE(router.receive_from(message.first, message.second) == ReceiveStatus::Received);
        return message;
    }
};

inline Frames frames_of(std::initializer_list<std::string> texts) {
    Frames frames;
    for (const std::string& text : texts) {
        frames.push_back(base::Blob::copy(text));
    }
    return frames;
}

}  // namespace steward::net::test
