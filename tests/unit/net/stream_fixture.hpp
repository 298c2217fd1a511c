// tests/unit/net: waiting for what a stream server has to tell.
#pragma once

#include <string>

#include "common/net/stream_server.hpp"
#include "common/posix/clock.hpp"
#include "tests/unit/net/net_fixture.hpp"

namespace steward::net::test {

/// Waits until something happens at the server; fails the test when nothing does.
inline void await(const StreamServer& server) {
    Poller poller;
    poller.add(server.fd());
    REQUIRE(must(poller.wait(kPatience)) > 0);
}

/// The next thing that is not Nothing; fails the test when none comes.
inline ReceiveStatus next_of(StreamServer& server, std::string& id, Frames& frames) {
    for (int tries = 0; tries < 1000; ++tries) {
        server.look(posix::read_mono());
        const ReceiveStatus status = server.receive(id, frames);
        if (status != ReceiveStatus::Nothing) {
            return status;
        }
        await(server);
    }
    FAIL("nothing came");
    return ReceiveStatus::Nothing;
}

}  // namespace steward::net::test
