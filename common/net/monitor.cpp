#include "common/net/monitor.hpp"

#include <string>
#include <utility>

#include <zmq.hpp>

#include "common/net/monitor_events.hpp"

namespace steward::net {
namespace {

constexpr int kWatchedEvents =
    ZMQ_EVENT_CONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED |
    ZMQ_EVENT_CLOSED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
    ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;

constexpr std::string_view kNoKey =
    "asks for a key, and this one has none; make one with `steward keygen` and name it "
    "(STEWARD_KEY_FILE, STEWARD_SERVER_KEY_FILE)";

constexpr std::uint32_t kMayNotHear = 500;  // as zap.cpp says it

// What a failed handshake means to who has keys, and to who has none.
std::string text_of(const MonitorEvent& event, bool has_keys) {
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

}  // namespace

base::Expected<Monitor> Monitor::open(Context& context, Socket& watched) {
    auto events = begin_monitor(context, watched, kWatchedEvents, MonitorQueue::Bounded);
    if (!events) {
        return base::Unexpected(std::move(events.error()));
    }
    Monitor monitor(std::move(*events), watched.handle());
    int mechanism = ZMQ_NULL;
    std::size_t size = sizeof mechanism;
    zmq_getsockopt(watched.handle(), ZMQ_MECHANISM, &mechanism, &size);
    monitor.has_keys_ = mechanism == ZMQ_CURVE;
    return monitor;
}

Monitor::Monitor(Socket events, void* watched) : events_(std::move(events)), watched_(watched) {}

Monitor::Monitor(Monitor&& other) noexcept
    : events_(std::move(other.events_)),
      watched_(std::exchange(other.watched_, nullptr)),
      is_connected_(other.is_connected_),
      refusal_(std::move(other.refusal_)),
      has_keys_(other.has_keys_),
      fd_(other.fd_) {}

Monitor::~Monitor() {
    if (watched_ != nullptr) {
        end_monitor(watched_);
    }
}

std::optional<LinkEvent> Monitor::next() {
    while (const auto event = next_event(events_)) {
        if (event->kind == ZMQ_EVENT_CONNECTED) {
            fd_ = static_cast<int>(event->value);
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
        fd_ = -1;
        // Anything else that is watched is an end: of the connection or of a try.
        return std::exchange(is_connected_, false) ? LinkEvent::Disconnected : LinkEvent::Refused;
    }
    return std::nullopt;
}

}  // namespace steward::net
