// common/net, inside: ZeroMQ's monitor of a socket, as a socket that tells events.
#pragma once

#include <cstdint>
#include <optional>

#include "common/base/expected.hpp"
#include "common/net/context.hpp"
#include "common/net/socket.hpp"

namespace steward::net {

struct MonitorEvent {
    std::uint16_t kind = 0;   // ZMQ_EVENT_…
    std::uint32_t value = 0;  // what it means depends on the kind
};

enum class MonitorQueue : std::uint8_t {
    Bounded,   // full: ZeroMQ's threads wait until events are taken
    Unbounded  // for who takes them now and then
};

/// A second one of the same socket takes the first one's place. End it with end_monitor() before
/// the watched socket. Errors: Io.
[[nodiscard]] base::Expected<Socket> begin_monitor(Context& context,
                                                   Socket& watched,
                                                   int kinds,
                                                   MonitorQueue queue);
void end_monitor(void* watched);

/// The next one; nothing when all are told. Blocks: never.
[[nodiscard]] std::optional<MonitorEvent> next_event(Socket& events);

}  // namespace steward::net
