// gateway/message: what the server gives to the rooms above it: a request to be answered, a stream
// of events to be filled, a WebSocket to talk on. Knows nothing of jobs.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/message/message.hpp"

namespace steward::gateway {

/// Where text goes to somebody who may read slowly: an event stream or a WebSocket.
///
/// Bound: send_queue_bytes_max of text not taken yet, but one piece always fits. Who is slower than
///        that is told so in so many words (an "overrun" event, close code 1008) and dropped;
///        send() then gives false.
/// Thread: the server's.
class Outlet {
public:
    Outlet() = default;
    Outlet(const Outlet&) = delete;
    Outlet& operator=(const Outlet&) = delete;
    virtual ~Outlet() = default;

    /// Queues text: a piece of an event stream, or one message of a WebSocket. False: nobody is
    /// there any more.
    virtual bool send(std::string text) = 0;
    /// Sends what is queued, then closes. `why` is told where the form has a place for it.
    virtual void finish(std::string_view why) = 0;
};

/// Who hears of an outlet's other end. All calls come from the server's thread; none after
/// on_gone().
class Listener {
public:
    Listener() = default;
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    virtual ~Listener() = default;

    /// A whole message of a WebSocket; event streams have none.
    virtual void on_message(std::string_view text) = 0;
    /// The other end is gone, or was dropped. The outlet is of no use any more.
    virtual void on_gone() = 0;
};

/// One request. It is answered exactly once, now or later: by answer(), stream() or upgrade().
/// One that is let go unanswered answers 500 by itself.
///
/// Thread: the server's.
class Exchange {
public:
    using MakeListener = std::function<std::shared_ptr<Listener>(std::shared_ptr<Outlet>)>;

    Exchange() = default;
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;
    virtual ~Exchange() = default;

    [[nodiscard]] virtual const Request& request() const = 0;
    /// The body may be taken out of it.
    [[nodiscard]] virtual Request& request() = 0;

    virtual void answer(Response&& response) = 0;
    /// Begins an answer that goes on for as long as both sides like: the head now, text as it is
    /// sent. `head` has no body.
    virtual void stream(Response&& head, const MakeListener& make) = 0;
    /// Pre: wants_upgrade(). The listener is made when the handshake is done.
    virtual void upgrade(MakeListener make) = 0;
    /// It asks for a WebSocket (RFC 6455, 4.1).
    [[nodiscard]] virtual bool wants_upgrade() const = 0;
};

/// Who answers. Called for each request whose head and body are there.
using Handler = std::function<void(std::shared_ptr<Exchange>)>;

}  // namespace steward::gateway
