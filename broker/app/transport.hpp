// broker/app: the door through which frames leave the broker. Implemented by the
// broker's sockets and by the simulator; tests/contract holds both to the same rules.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/base/blob.hpp"

namespace steward::app {

using Frames = std::vector<base::Blob>;

/// Which ROUTER: clients speak to the frontend, workers to the backend.
enum class Side : std::uint8_t { Frontend, Backend };

enum class SendStatus : std::uint8_t {
    Sent,        // handed to the transport; it may still be lost with its connection
    WouldBlock,  // too much waits for the peer already: nothing was sent, try later
    Unroutable,  // no such peer is connected (any more)
};

/// Order:  frames to one peer arrive in the order sent, or not at all.
/// Blocks: never.  Thread: the loop's.
class Transport {
public:
    virtual ~Transport() = default;
    /// Sends one message to `routing_id`. The frames are left as they are unless Sent.
    virtual SendStatus send(Side side, std::string_view routing_id, Frames& frames) = 0;

    /// Ends the connection where that can be done, with all that waits for the peer.
    virtual void cut(Side /*side*/, std::string_view /*routing_id*/) {}

    /// What was sent and waits in the transport's memory for peers to read, of all together.
    [[nodiscard]] virtual std::size_t unsent_bytes() const { return 0; }

    /// Publishes on the news socket: never blocks, drops for subscribers that do not read.
    virtual void publish(std::string_view topic, std::string_view body) = 0;
    /// False when nobody would get what is published: nothing need be formatted.
    [[nodiscard]] virtual bool has_subscribers() const = 0;

    struct Topics {
        std::size_t read = 0;
        std::size_t max = 0;  // 0: not bounded here
    };

    /// Topics of the news that have a reader.
    [[nodiscard]] virtual Topics news_topics() const { return {}; }
};

}  // namespace steward::app
