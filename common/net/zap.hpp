// common/net: asks somebody whether a connection's key may come in (ZeroMQ's authentication
// protocol, RFC 27). Knows no names.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "common/net/context.hpp"
#include "common/net/socket.hpp"

namespace steward::net {

struct ZapQuestion {
    std::string public_key;    // Z85; empty: it shows none
    std::string address;       // "192.0.2.7"
    bool is_for_news = false;  // it wants to hear, on a publisher's socket
};

struct ZapVerdict {
    std::optional<std::uint32_t> number;  // every message of this connection carries it from now on
    bool is_known = false;  // without a number: a known key, which may not hear; else a stranger
};

using ZapDecision = std::function<ZapVerdict(const ZapQuestion&)>;

/// The handler of all sockets of one context. Open it before them and close it after them.
///
/// Thread: one.  Bound: ZeroMQ queues one question for each connection that shakes hands.
class ZapHandler {
public:
    /// Errors: Io.
    [[nodiscard]] static base::Expected<ZapHandler> open(Context& context);

    /// Answers what has gathered, at most kAnswersMax: strangers cannot hold up the loop.
    void answer(const ZapDecision& decide);

    static constexpr int kAnswersMax = 64;

    [[nodiscard]] const Socket& socket() const { return socket_; }

private:
    explicit ZapHandler(Socket socket) : socket_(std::move(socket)) {}

    Socket socket_;
    std::string asker_;
    Frames frames_;
};

/// What sockets with keys call themselves, and those of publishers.
inline constexpr const char* kZapDomain = "steward";
inline constexpr const char* kZapNewsDomain = "steward-news";

}  // namespace steward::net
