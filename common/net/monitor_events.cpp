#include "common/net/monitor_events.hpp"

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include <zmq.hpp>

#include "common/net/zmq_error.hpp"

namespace steward::net {
namespace {

// An event is a frame of u16 kind and u32 value in the machine's order, then the endpoint.
std::optional<MonitorEvent> event_of(const Frames& frames) {
    MonitorEvent event;
    if (frames.empty() || frames.front().size() < sizeof event.kind + sizeof event.value) {
        return std::nullopt;
    }
    const char* bytes = frames.front().view().data();
    std::memcpy(&event.kind, bytes, sizeof event.kind);
    std::memcpy(&event.value, bytes + sizeof event.kind, sizeof event.value);
    return event;
}

}  // namespace

base::Expected<Socket> begin_monitor(Context& context,
                                     Socket& watched,
                                     int kinds,
                                     MonitorQueue queue) {
    return guarded("cannot watch a socket", [&]() -> base::Expected<Socket> {
        // Two sockets of one context never have the same address while both are alive.
        const std::string endpoint =
            "inproc://monitor-" +
            std::to_string(reinterpret_cast<std::uintptr_t>(watched.handle()));
        if (zmq_socket_monitor(watched.handle(), endpoint.c_str(), kinds) != 0) {
            return zmq_failed("cannot watch a socket", errno);
        }
        auto pair = std::make_unique<zmq::socket_t>(context.inner(), zmq::socket_type::pair);
        pair->set(zmq::sockopt::linger, 0);
        if (queue == MonitorQueue::Unbounded) {
            pair->set(zmq::sockopt::rcvhwm, 0);
        }
        pair->connect(endpoint);
        return Socket(std::move(pair), MessageBound{});
    });
}

void end_monitor(void* watched) {
    zmq_socket_monitor(watched, nullptr, 0);
}

std::optional<MonitorEvent> next_event(Socket& events) {
    Frames frames;
    while (events.receive(frames) == ReceiveStatus::Received) {
        if (const auto event = event_of(frames)) {
            return event;
        }
    }
    return std::nullopt;
}

}  // namespace steward::net
