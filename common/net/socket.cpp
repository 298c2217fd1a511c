#include "common/net/socket.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include <zmq.hpp>

#include "common/base/assert.hpp"
#include "common/net/frame.hpp"
#include "common/net/zmq_error.hpp"

namespace steward::net {
namespace {

SendStatus send_status(int number) {
    switch (number) {
        case EAGAIN:
        case EINTR: return SendStatus::WouldBlock;
        case EHOSTUNREACH: return SendStatus::Unroutable;
        default: return SendStatus::Closed;
    }
}

// Of the connection that a frame came from. The routing id does not carry it when ZeroMQ has made
// that while it was polled; each frame behind it does.
Origin origin_of(zmq::message_t& frame, OriginWish wish) {
    Origin origin;
    if (const char* text = wish.number ? zmq_msg_gets(frame.handle(), "User-Id") : nullptr) {
        std::from_chars(text, text + std::strlen(text), origin.number);
    }
    if (wish.fd) {
        origin.fd = zmq_msg_get(frame.handle(), ZMQ_SRCFD);
    }
    return origin;
}

std::size_t bytes_of(const Frames& frames) {
    std::size_t bytes = 0;
    for (const base::Blob& frame : frames) {
        bytes += frame.size() + kFrameCost;
    }
    return bytes;
}

std::size_t largest_of(const Frames& frames) {
    const auto by_size = [](const base::Blob& a, const base::Blob& b) {
        return a.size() < b.size();
    };
    return static_cast<std::size_t>(std::ranges::max_element(frames, by_size) - frames.begin());
}

bool is_ipv6(const std::string& endpoint) {
    return endpoint.starts_with("tcp://[");
}

}  // namespace

Socket::Socket(std::unique_ptr<zmq::socket_t> inner, MessageBound bound)
    : inner_(std::move(inner)), is_quiet_(std::make_shared<bool>(false)), bound_(bound) {}

Socket::~Socket() = default;
Socket::Socket(Socket&&) noexcept = default;
Socket& Socket::operator=(Socket&&) noexcept = default;

base::Expected<std::string> Socket::bind(const std::string& endpoint) {
    wake();
    return guarded("cannot listen on " + endpoint, [&]() -> base::Expected<std::string> {
        inner_->set(zmq::sockopt::ipv6, is_ipv6(endpoint));
        inner_->bind(endpoint);
        return inner_->get(zmq::sockopt::last_endpoint);
    });
}

base::Expected<void> Socket::connect(const std::string& endpoint) {
    wake();
    return guarded("cannot connect to " + endpoint, [&]() -> base::Expected<void> {
        // Only when asked for: with IPv6 on, "localhost" may resolve to ::1 where nobody listens.
        inner_->set(zmq::sockopt::ipv6, is_ipv6(endpoint));
        inner_->connect(endpoint);
        return {};
    });
}

base::Expected<void> Socket::subscribe(const std::string& topic) {
    wake();
    return guarded("cannot subscribe", [&]() -> base::Expected<void> {
        inner_->set(zmq::sockopt::subscribe, topic);
        return {};
    });
}

base::Expected<void> Socket::unsubscribe(const std::string& topic) {
    wake();
    return guarded("cannot unsubscribe", [&]() -> base::Expected<void> {
        inner_->set(zmq::sockopt::unsubscribe, topic);
        return {};
    });
}

SendStatus Socket::send(const Frames& frames) {
    return send_frames(frames, false);
}

SendStatus Socket::send_to(std::string_view routing_id, const Frames& frames) {
    const int flags = ZMQ_DONTWAIT | ZMQ_SNDMORE;
    if (send_copy(handle(), routing_id, flags) != 0) {
        return send_status(errno);
    }
    return send_frames(frames, true);
}

SendStatus Socket::send_to(std::string_view routing_id,
                           const Frames& frames,
                           UnsentAccounts& accounts) {
    const std::size_t bytes = bytes_of(frames);
    if (bytes <= kCopyBytesMax) {
        return send_to(routing_id, frames);
    }
    const std::shared_ptr<UnsentAccount>& account = accounts.of(routing_id);
    if (!account->has_room(bytes)) {
        return SendStatus::WouldBlock;
    }
    if (send_copy(handle(), routing_id, ZMQ_DONTWAIT | ZMQ_SNDMORE) != 0) {
        return send_status(errno);
    }
    return send_frames(frames, true, account, bytes);
}

// The largest frame, which ZeroMQ has about as long as the others, carries the charge for all.
SendStatus Socket::send_frames(const Frames& frames,
                               bool is_started,
                               const std::shared_ptr<UnsentAccount>& account,
                               std::size_t bytes) const {
    STEWARD_ASSERT(!frames.empty());
    const std::size_t charged = account == nullptr ? frames.size() : largest_of(frames);
    bool is_lost = false;
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const bool is_last = i + 1 == frames.size();
        const int flags = ZMQ_DONTWAIT | (is_last ? 0 : ZMQ_SNDMORE);
        const int sent = i == charged ? send_charged(handle(), frames[i], flags, {account, bytes})
                                      : send_blob(handle(), frames[i], flags);
        if (sent == 0) {
            continue;
        }
        const int number = errno;
        if (i == 0 && !is_started) {
            return send_status(number);
        }
        if (number != EAGAIN && number != EINTR) {
            return SendStatus::Closed;
        }
        // The connection went in the middle of the message. ZeroMQ has taken back what it had and
        // drops everything up to the last frame, so the rest must be handed over all the same.
        is_lost = true;
    }
    return is_lost ? SendStatus::WouldBlock : SendStatus::Sent;
}

SendStatus Socket::send_pair(std::string_view first,
                             std::string_view second,
                             const std::shared_ptr<UnsentAccount>& account) const {
    if (send_copy(handle(), first, ZMQ_DONTWAIT | ZMQ_SNDMORE) != 0) {
        return send_status(errno);
    }
    const std::size_t bytes = first.size() + second.size() + 2 * kFrameCost;
    const int sent =
        account == nullptr
            ? send_copy(handle(), second, ZMQ_DONTWAIT)
            : send_charged(handle(), base::Blob::copy(second), ZMQ_DONTWAIT, {account, bytes});
    if (sent != 0) {
        return send_status(errno);
    }
    return SendStatus::Sent;
}

ReceiveStatus Socket::receive(Frames& frames) {
    frames.clear();
    return receive_rest(frames, false);
}

ReceiveStatus Socket::receive_from(std::string& routing_id, Frames& frames) {
    frames.clear();
    zmq::message_t frame;
    if (zmq_msg_recv(frame.handle(), handle(), ZMQ_DONTWAIT) < 0) {
        return nothing_received(errno);
    }
    routing_id.assign(static_cast<const char*>(frame.data()), frame.size());
    return frame.more() ? receive_rest(frames, true) : ReceiveStatus::Received;
}

ReceiveStatus Socket::receive_from(std::string& routing_id,
                                   Frames& frames,
                                   OriginWish wish,
                                   Origin& origin) {
    frames.clear();
    zmq::message_t frame;
    if (zmq_msg_recv(frame.handle(), handle(), ZMQ_DONTWAIT) < 0) {
        return nothing_received(errno);
    }
    origin = {};
    routing_id.assign(static_cast<const char*>(frame.data()), frame.size());
    return frame.more() ? receive_rest(frames, true, wish, &origin) : ReceiveStatus::Received;
}

ReceiveStatus Socket::receive_rest(Frames& frames,
                                   bool is_started,
                                   OriginWish wish,
                                   Origin* origin) const {
    std::size_t bytes = 0;
    bool is_too_large = false;
    bool more = true;
    zmq::message_t frame;  // ZeroMQ lets go of what it had when it receives the next
    while (more) {
        const int size = zmq_msg_recv(frame.handle(), handle(), ZMQ_DONTWAIT);
        if (size < 0) {
            // ZeroMQ delivers whole messages: only the first frame of one can be missing.
            return is_started && errno == EINTR ? ReceiveStatus::Closed : nothing_received(errno);
        }
        is_started = true;
        more = frame.more();
        bytes += static_cast<std::size_t>(size);
        if (origin != nullptr) {
            *std::exchange(origin, nullptr) = origin_of(frame, wish);
        }
        is_too_large =
            is_too_large || frames.size() >= bound_.frames_max || bytes > bound_.bytes_max;
        if (is_too_large) {
            frames.clear();
        } else {
            frames.push_back(take_blob(frame, static_cast<std::size_t>(size)));
        }
    }
    return is_too_large ? ReceiveStatus::TooLarge : ReceiveStatus::Received;
}

// ZeroMQ has looked at all that its descriptor had to tell before it says EAGAIN.
ReceiveStatus Socket::nothing_received(int number) const {
    *is_quiet_ = number == EAGAIN;
    return number == EAGAIN || number == EINTR ? ReceiveStatus::Nothing : ReceiveStatus::Closed;
}

void* Socket::handle() const {
    *is_quiet_ = false;
    return inner_->handle();
}

}  // namespace steward::net
