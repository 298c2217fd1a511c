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

constexpr std::string_view kNoKey =
    "asks for a key, and this one has none; make one with `steward keygen` and name it "
    "(STEWARD_KEY_FILE, STEWARD_SERVER_KEY_FILE)";

constexpr std::uint32_t kMayNotHear = 500;  // as zap.cpp says it

struct Event {
    std::uint16_t kind = 0;
    std::uint32_t value = 0;
};

// What a failed handshake means to who has keys, and to who has none.
std::string text_of(const Event& event, bool has_keys) {
    const std::uint16_t kind = event.kind;
    if (kind == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH && event.value == kMayNotHear) {
        return "the broker knows this key, but it lacks the grant that the news need: "
               "read = \"all\"";
    }
    if (kind == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) {
        return "the broker does not know this key: the administrator puts its .pub file into "
               "the folder of clients (security.clients_directory) and reloads the broker";
    }
    if (kind == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL) {
        return has_keys ? "the broker speaks without keys, and this one has a key; leave out the "
                          "key, or give the broker one (security.key_file)"
                        : "the broker " + std::string(kNoKey);
    }
    if (kind == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL) {
        return has_keys ? "the broker hung up while keys were exchanged: the server key that is "
                          "named here (STEWARD_SERVER_KEY_FILE) is most likely not this broker's"
                        : "the broker hung up at once; most likely it " + std::string(kNoKey);
    }
    return {};
}

// An event is a frame of u16 kind and u32 value in the machine's order, then the endpoint.
std::optional<Event> event_of(const Frames& frames) {
    Event event;
    if (frames.empty() || frames.front().size() < sizeof event.kind + sizeof event.value) {
        return std::nullopt;
    }
    const char* bytes = frames.front().view().data();
    std::memcpy(&event.kind, bytes, sizeof event.kind);
    std::memcpy(&event.value, bytes + sizeof event.kind, sizeof event.value);
    return event;
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
        Monitor monitor(Socket(std::move(pair), MessageBound{}), watched.handle());
        int mechanism = ZMQ_NULL;
        std::size_t size = sizeof mechanism;
        zmq_getsockopt(watched.handle(), ZMQ_MECHANISM, &mechanism, &size);
        monitor.has_keys_ = mechanism == ZMQ_CURVE;
        return monitor;
    });
}

Monitor::Monitor(Socket events, void* watched) : events_(std::move(events)), watched_(watched) {}

Monitor::Monitor(Monitor&& other) noexcept
    : events_(std::move(other.events_)),
      watched_(std::exchange(other.watched_, nullptr)),
      is_connected_(other.is_connected_),
      refusal_(std::move(other.refusal_)),
      has_keys_(other.has_keys_) {}

Monitor::~Monitor() {
    if (watched_ != nullptr) {
        zmq_socket_monitor(watched_, nullptr, 0);
    }
}

std::optional<LinkEvent> Monitor::next() {
    Frames frames;
    while (events_.receive(frames) == ReceiveStatus::Received) {
        const auto event = event_of(frames);
        if (!event) {
            continue;
        }
        if (event->kind == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
            is_connected_ = true;
            refusal_.clear();
            return LinkEvent::Connected;
        }
        if (std::string why = text_of(*event, has_keys_); !why.empty()) {
            refusal_ = std::move(why);
        }
        // Anything else that is watched is an end: of the connection or of a try.
        return std::exchange(is_connected_, false) ? LinkEvent::Disconnected : LinkEvent::Refused;
    }
    return std::nullopt;
}

}  // namespace steward::net
