// bench: the dialects of raw ZeroMQ frames: the old ones of the broker, and that of the bare
// forwarder. What a client and a worker say; who sends it is not known here.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <zmq.hpp>

namespace steward::bench {

using Frames = std::vector<zmq::message_t>;

class FrameDialect {
public:
    FrameDialect() = default;
    virtual ~FrameDialect() = default;
    FrameDialect(const FrameDialect&) = delete;
    FrameDialect& operator=(const FrameDialect&) = delete;

    /// A client's call.
    [[nodiscard]] virtual Frames request(std::string_view payload) const = 0;
    /// Whether it is a job's result, and a good one.
    [[nodiscard]] virtual bool is_result(const Frames& frames) const = 0;
    /// How a worker announces itself.
    [[nodiscard]] virtual Frames ready() const = 0;
    /// Empty: there are none.
    [[nodiscard]] virtual Frames heartbeat() const = 0;
    /// Makes the message of a job into its result, which is its payload. False: it was no job.
    [[nodiscard]] virtual bool finish(Frames& frames) const = 0;
};

/// "zmws1", "MDP/0.1" or "MDP/0.2"; "forwarder", or "forwarder-frames" with the small frames of a
/// request of MDP/0.1 in each message; null for another name.
[[nodiscard]] std::unique_ptr<FrameDialect> frame_dialect(std::string_view name);

/// A message that has come, whole; false: there is none.
bool receive(zmq::socket_t& socket, Frames& frames);
void send(zmq::socket_t& socket, Frames& frames);
/// Without limits of its own and without lingering.
[[nodiscard]] zmq::socket_t socket_of(zmq::context_t& context, zmq::socket_type type);

}  // namespace steward::bench
