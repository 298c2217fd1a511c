// gateway/http: the HTTP server: sockets, TLS, limits, time-outs. Hands each whole request to a
// handler; knows nothing of what it asks for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "gateway/http/loop.hpp"
#include "gateway/message/exchange.hpp"

namespace steward::gateway {

using namespace std::chrono_literals;

struct ServerOptions {
    std::string bind = "127.0.0.1";  // an address of this machine
    std::uint16_t port = 5580;       // 0: any free one
    std::string certificate_file;    // PEM, with its chain; both or none
    std::string key_file;            // PEM
    std::string server_name = "steward";

    std::size_t connections_max = 20'000;         // one more is answered 503 and closed
    std::size_t header_bytes_max = 16'384;        // else 431
    std::size_t body_bytes_max = 64UL << 20U;     // else 413
    std::size_t bodies_bytes_max = 1UL << 30U;    // of all requests that are not answered; else 503
    std::size_t message_bytes_max = 16UL << 20U;  // of a WebSocket; else close code 1009
    std::size_t send_queue_bytes_max = 1UL << 20U;  // of an outlet
    static constexpr std::size_t ahead_max = 32;    // of one connection, begun and not answered
    base::Duration header_timeout = 10s;            // from a request's first byte to its head's end
    base::Duration body_timeout = 60s;              // from there to the body's end
    base::Duration idle_timeout = 75s;              // between two requests
    base::Duration send_timeout = 30s;              // of an answer or a piece of a stream
    base::Duration ping_interval = 15s;             // on streams, which shows who is gone
};

/// What has become of a request.
struct Served {
    const Request* request = nullptr;  // its body may be gone
    unsigned status = 0;
    std::size_t body_bytes = 0;
    base::Duration took{};  // from its last byte to the answer; of a stream to its head
};

/// What the server counts; the first three now, all else since the start.
struct ServerCounts {
    std::size_t connections = 0;
    std::size_t event_streams = 0;
    std::size_t web_sockets = 0;
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;  // beyond connections_max
    std::uint64_t handshakes_failed = 0;
    std::uint64_t overruns = 0;  // outlets whose reader was too slow
};

class Site;

/// Serves from open() until it is closed. HTTP/1.0 and 1.1; requests of one connection are answered
/// in their order, however many it sends ahead. Safe ones (RFC 9110, 9.2.1) that came together are
/// handed on together, at most ahead_max; any other waits for those before it, and is alone.
///
/// Thread: the loop's.
class Server {
public:
    /// `on_served` is called for each request that was understood.
    /// Errors: Io: the address is taken or not one of this machine, a certificate cannot be read.
    [[nodiscard]] static base::Expected<std::unique_ptr<Server>> open(
        Loop& loop,
        ServerOptions options,
        Handler handler,
        std::function<void(const Served&)> on_served);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] const ServerCounts& counts() const;
    /// Reads certificate and key again, for connections from now on. Errors: Io; the old ones stay.
    [[nodiscard]] base::Expected<void> reload_certificate();
    /// Takes no more connections; ends those that are idle, the others after their answer.
    void close();

private:
    struct Acceptor;

    explicit Server(std::shared_ptr<Acceptor> acceptor);

    std::shared_ptr<Acceptor> acceptor_;
};

}  // namespace steward::gateway
