#include "common/net/monitor.hpp"

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <zmq.hpp>

#include "common/net/zmq_error.hpp"

namespace steward::net {
namespace {

constexpr int kWatchedEvents = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED |
                               ZMQ_EVENT_CLOSED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                               ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                               ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;

// An event is a frame of u16 kind and u32 value in the machine's order, then the endpoint.
std::optional<std::uint16_t> kind_of(const Frames& frames) {
    std::uint16_t kind = 0;
    if (frames.empty() || frames.front().size() < sizeof kind) {
        return std::nullopt;
    }
    std::memcpy(&kind, frames.front().view().data(), sizeof kind);
    return kind;
}

}  // namespace

base::Expected<Monitor> Monitor::open(Context& context, Socket& watched) {
    return guarded("cannot watch a socket", [&]() -> base::Expected<Monitor> {
        // Two sockets of one context never have the same address while both are alive.
        const std::string endpoint =
            "inproc://monitor-" +
            std::to_string(reinterpret_cast<std::uintptr_t>(watched.handle()));
        if (zmq_socket_monitor(watched.handle(), endpoint.c_str(), kWatchedEvents) != 0) {
            return zmq_failed("cannot watch a socket", errno);
        }
        auto pair = std::make_unique<zmq::socket_t>(context.inner(), zmq::socket_type::pair);
        pair->set(zmq::sockopt::linger, 0);
        pair->connect(endpoint);
        return Monitor(Socket(std::move(pair), MessageBound{}), watched.handle());
    });
}

Monitor::Monitor(Socket events, void* watched) : events_(std::move(events)), watched_(watched) {}

Monitor::Monitor(Monitor&& other) noexcept
    : events_(std::move(other.events_)),
      watched_(std::exchange(other.watched_, nullptr)),
      is_connected_(other.is_connected_) {}

Monitor::~Monitor() {
    if (watched_ != nullptr) {
        zmq_socket_monitor(watched_, nullptr, 0);
    }
}

std::optional<LinkEvent> Monitor::next() {
    Frames frames;
    while (events_.receive(frames) == ReceiveStatus::Received) {
        const auto kind = kind_of(frames);
        if (!kind) {
            continue;
        }
        if (*kind == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
            is_connected_ = true;
            return LinkEvent::Connected;
        }
        // Anything else that is watched is an end: of the connection or of a try.
        return std::exchange(is_connected_, false) ? LinkEvent::Disconnected : LinkEvent::Refused;
    }
    return std::nullopt;
}

}  // namespace steward::net
