// common/net: one ZeroMQ socket: bind, connect, and whole messages in and out without blocking.
// Which options a socket has is decided in roles.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/blob.hpp"
#include "common/base/expected.hpp"
#include "common/model/limits.hpp"
#include "common/net/unsent.hpp"

namespace zmq {
class socket_t;
}

namespace steward::net {

using Frames = std::vector<base::Blob>;

/// A frame in bytes of memory beside its own: as short as it may be it is memory, too.
inline constexpr std::size_t kFrameCost = 64;

enum class SendStatus : std::uint8_t {
    Sent,        // handed to ZeroMQ; it may still be lost with its connection
    WouldBlock,  // no connection, or its queue is full: nothing was sent
    Unroutable,  // ROUTER only: no such peer is connected
    Closed,      // the context is ending
};

enum class ReceiveStatus : std::uint8_t {
    Received,
    Nothing,   // no message is waiting
    TooLarge,  // a message beyond MessageBound was taken off and thrown away
    Closed,    // the context is ending
};

/// Whence a message came.
struct Origin {
    std::uint32_t number = 0;  // that ZapHandler gave the connection; 0: none
    int fd = -1;               // of the connection, if asked for; -1: ZeroMQ does not say
};

/// Which of that is wanted: each costs a look-up.
struct OriginWish {
    bool number = false;
    bool fd = false;

    [[nodiscard]] bool any() const { return number || fd; }
};

/// What one message may hold; the rest of a larger one is drained and not stored.
struct MessageBound {
    std::size_t frames_max = model::kFramesPerMessageMax;
    std::size_t bytes_max = model::Limits{}.message_bytes_max;
};

/// Frames up to this size are copied, both ways; larger ones share memory with ZeroMQ. A received
/// frame below ZeroMQ's 8 KiB receive buffer keeps all of that buffer alive, so sharing small ones
/// would multiply the memory of a long queue, and two allocations cost more than such a copy.
inline constexpr std::size_t kCopyBytesMax = 4096;

/// Blocks: never, but for bind().  Thread: one at a time.
class Socket {
public:
    explicit Socket(std::unique_ptr<zmq::socket_t> inner, MessageBound bound);
    ~Socket();
    Socket(Socket&&) noexcept;
    Socket& operator=(Socket&&) noexcept;

    /// Returns the endpoint that was really bound: with the port that a wildcard was given.
    /// Errors: Io, naming the endpoint ("… Address already in use").
    [[nodiscard]] base::Expected<std::string> bind(const std::string& endpoint);
    /// Begins to connect; success says only that the text was understood.
    [[nodiscard]] base::Expected<void> connect(const std::string& endpoint);

    /// SUB: hears what begins with `topic` from now on, or no more. Errors: Io.
    [[nodiscard]] base::Expected<void> subscribe(const std::string& topic);
    [[nodiscard]] base::Expected<void> unsubscribe(const std::string& topic);

    /// Sends one message, or nothing of it. `frames` is not empty; it is left as it is.
    [[nodiscard]] SendStatus send(const Frames& frames);
    /// ROUTER: the same to one peer.
    [[nodiscard]] SendStatus send_to(std::string_view routing_id, const Frames& frames);
    /// ROUTER: the same while the peer's account has room; WouldBlock else. A message counts until
    /// its bytes have been given to the system; small ones (kCopyBytesMax) do not count at all:
    /// SocketOptions::send_queue_max is what bounds them.
    [[nodiscard]] SendStatus send_to(std::string_view routing_id,
                                     const Frames& frames,
                                     UnsentAccounts& accounts);
    /// For PUB: two frames from views, both copied. With an account they count until ZeroMQ has
    /// given them to the last reader.
    SendStatus send_pair(std::string_view first,
                         std::string_view second,
                         const std::shared_ptr<UnsentAccount>& account = {}) const;

    /// Takes one whole message; `frames` is replaced (its memory is used again).
    [[nodiscard]] ReceiveStatus receive(Frames& frames);
    /// ROUTER: the same, with the sender. `routing_id` is set also when TooLarge.
    [[nodiscard]] ReceiveStatus receive_from(std::string& routing_id, Frames& frames);
    /// The same, and whence it came.
    [[nodiscard]] ReceiveStatus receive_from(std::string& routing_id,
                                             Frames& frames,
                                             OriginWish wish,
                                             Origin& origin);

    /// The last look found nothing to receive, and nobody has used the socket since: until its
    /// descriptor is readable there is nothing. Any use may take that sign away, so it ends this.
    [[nodiscard]] bool is_quiet() const { return *is_quiet_; }

    /// To be looked at, whatever its descriptor says.
    void wake() { *is_quiet_ = false; }

    /// ZeroMQ's own handle, for Poller and Monitor. That is a use.
    [[nodiscard]] void* handle() const;

private:
    friend class Poller;  // which looks, and is told by the descriptor

    [[nodiscard]] ReceiveStatus nothing_received(int number) const;
    [[nodiscard]] SendStatus send_frames(const Frames& frames,
                                         bool is_started,
                                         const std::shared_ptr<UnsentAccount>& account = {},
                                         std::size_t bytes = 0) const;
    [[nodiscard]] ReceiveStatus receive_rest(Frames& frames,
                                             bool is_started,
                                             OriginWish wish = {},
                                             Origin* origin = nullptr) const;

    std::unique_ptr<zmq::socket_t> inner_;
    std::shared_ptr<bool> is_quiet_;
    MessageBound bound_;
};

}  // namespace steward::net
