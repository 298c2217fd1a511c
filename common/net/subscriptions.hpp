// common/net: whether anybody reads what a publisher would send.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/net/socket.hpp"

namespace steward::net {

/// Counts the topics that have a reader, from what the publisher's socket tells.
///
/// Thread: the socket's.
class Subscriptions {
public:
    /// Takes what has come since; at most `messages_max` of it, so that strangers cannot hold up
    /// the loop. Call it each turn: ZeroMQ queues these notices without a bound of its own.
    void update(Socket& publisher, std::size_t messages_max = 256);

    [[nodiscard]] bool any() const { return topics_ > 0; }

    [[nodiscard]] std::size_t topics() const { return topics_; }

private:
    std::size_t topics_ = 0;
    Frames frames_;
};

}  // namespace steward::net
