#include "gateway/http/connection.hpp"

#include <array>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <type_traits>

#include "common/base/assert.hpp"
#include "common/posix/clock.hpp"
#include "gateway/http/stream_outlet.hpp"
#include "gateway/http/web_socket.hpp"

namespace steward::gateway {

namespace {

constexpr std::size_t kReadAtOnce = 8'192;
constexpr std::size_t kLingerBytesMax = 1UL << 20U;
constexpr auto kLingerTime = std::chrono::seconds(2);

}  // namespace

/// The request as the handler has it.
template <class Stream>
class Connection<Stream>::Request : public Exchange {
public:
    explicit Request(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}

    ~Request() override {
        if (connection_ != nullptr && !connection_->site_->is_over) {
            answer(fault_answer(500, "nobody has answered this"));
        }
    }

    [[nodiscard]] const gateway::Request& request() const override { return seen().request_; }

    [[nodiscard]] gateway::Request& request() override { return seen().request_; }

    void answer(Response&& response) override {
        STEWARD_ASSERT(connection_ != nullptr);
        std::exchange(connection_, nullptr)->answer(std::move(response));
    }

    void stream(Response&& head, const MakeListener& make) override {
        STEWARD_ASSERT(connection_ != nullptr);
        std::exchange(connection_, nullptr)->stream(std::move(head), make);
    }

    void upgrade(MakeListener make) override {
        STEWARD_ASSERT(connection_ != nullptr);
        std::exchange(connection_, nullptr)->upgrade(std::move(make));
    }

    [[nodiscard]] bool wants_upgrade() const override {
        return beast::websocket::is_upgrade(seen().message_);
    }

private:
    [[nodiscard]] Connection& seen() const {
        STEWARD_ASSERT(connection_ != nullptr);
        return *connection_;
    }

    std::shared_ptr<Connection> connection_;  // null: answered
};

template <class Stream>
Connection<Stream>::Connection(std::shared_ptr<Site> site,
                               Stream&& stream,
                               std::shared_ptr<asio::ssl::context> tls)
    : site_(std::move(site)), tls_(std::move(tls)), stream_(std::move(stream)) {
    error_code ignored;
    remote_ = tcp_of(stream_).socket().remote_endpoint(ignored).address().to_string();
    site_->guests.insert(this);
    ++site_->counts.connections;
}

template <class Stream>
Connection<Stream>::~Connection() {
    site_->guests.erase(this);
    --site_->counts.connections;
}

template <class Stream>
void Connection<Stream>::start() {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
        tcp_of(stream_).expires_after(site_->options.header_timeout);
        stream_.async_handshake(asio::ssl::stream_base::server,
                                [self = this->shared_from_this()](const error_code& error) {
                                    if (error) {
                                        ++self->site_->counts.handshakes_failed;
                                        self->close();
                                    } else {
                                        self->wait_for_request();
                                    }
                                });
    } else {
        wait_for_request();
    }
}

template <class Stream>
void Connection<Stream>::leave() {
    keeps_alive_ = false;
    if (is_idle_) {
        close();
    }
}

// Idle until its first byte, then it has header_timeout for the head: a peer that sends a byte now
// and then does not stay for long.
template <class Stream>
void Connection<Stream>::wait_for_request() {
    is_idle_ = buffer_.size() == 0;
    if (!is_idle_) {
        read_head();
        return;
    }
    tcp_of(stream_).expires_after(site_->options.idle_timeout);
    stream_.async_read_some(
        buffer_.prepare(kReadAtOnce),
        [self = this->shared_from_this()](const error_code& error, std::size_t bytes) {
            if (error) {
                self->close();
                return;
            }
            self->buffer_.commit(bytes);
            self->is_idle_ = false;
            self->read_head();
        });
}

template <class Stream>
void Connection<Stream>::read_head() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(site_->options.header_bytes_max));
    parser_->body_limit(site_->options.body_bytes_max);
    tcp_of(stream_).expires_after(site_->options.header_timeout);
    http::async_read_header(stream_,
                            buffer_,
                            *parser_,
                            [self = this->shared_from_this()](
                                const error_code& error, std::size_t) { self->on_head(error); });
}

template <class Stream>
void Connection<Stream>::on_head(const error_code& error) {
    if (error) {
        fail(error);
        return;
    }
    const auto expected = parser_->get()[http::field::expect];
    if (!expected.empty() && !beast::iequals(expected, "100-continue")) {
        refuse(417, "the only expectation that is met here is 100-continue");
        return;
    }
    if (parser_->is_done()) {
        on_body({});
        return;
    }
    if (expected.empty() || buffer_.size() > 0) {
        read_body();
        return;
    }
    static constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_,
                      asio::buffer(kGoOn.data(), kGoOn.size()),
                      [self = this->shared_from_this()](const error_code& written, std::size_t) {
                          written ? self->close() : self->read_body();
                      });
}

template <class Stream>
void Connection<Stream>::read_body() {
    tcp_of(stream_).expires_after(site_->options.body_timeout);
    http::async_read(stream_,
                     buffer_,
                     *parser_,
                     [self = this->shared_from_this()](const error_code& error, std::size_t) {
                         self->on_body(error);
                     });
}

template <class Stream>
void Connection<Stream>::on_body(const error_code& error) {
    if (error) {
        fail(error);
        return;
    }
    tcp_of(stream_).expires_never();
    keeps_alive_ = parser_->keep_alive() && !site_->is_closing;
    message_ = parser_->release();
    parser_.reset();
    request_ = {};
    std::string fault;
    if (!read_message(message_, request_, fault)) {
        refuse(400, fault);
        return;
    }
    dispatch();
}

template <class Stream>
void Connection<Stream>::dispatch() {
    request_.remote = remote_;
    request_.is_secure = std::is_same_v<Stream, TlsStream>;
    is_head_ = request_.method == Method::Head;
    asked_at_ = posix::read_mono();
    site_->handler(std::make_shared<Request>(this->shared_from_this()));
}

template <class Stream>
Manners Connection<Stream>::manners() const {
    return {message_.version(), keeps_alive_, is_head_, request_.id};
}

template <class Stream>
void Connection<Stream>::tell_served(unsigned status, std::size_t body_bytes) {
    site_->on_served({&request_, status, body_bytes, posix::read_mono() - asked_at_});
}

template <class Stream>
void Connection<Stream>::answer(Response&& response) {
    keeps_alive_ = keeps_alive_ && !site_->is_closing;
    tell_served(response.status, response.body.size());
    write(std::move(response));
}

template <class Stream>
void Connection<Stream>::stream(Response&& head, const Exchange::MakeListener& make) {
    if (is_head_) {
        answer(std::move(head));
        return;
    }
    tell_served(head.status, 0);
    const bool is_chunked = message_.version() >= 11;
    std::string text = std::string(is_chunked ? "HTTP/1.1 " : "HTTP/1.0 ") +
                       std::to_string(head.status) + " " + std::string(reason_of(head.status)) +
                       "\r\nServer: " + site_->options.server_name +
                       "\r\nContent-Type: " + head.content_type + "\r\nConnection: close\r\n";
    if (is_chunked) {
        text += "Transfer-Encoding: chunked\r\n";
    }
    if (!request_.id.empty()) {
        text += "X-Request-Id: " + request_.id + "\r\n";
    }
    for (const Header& header : head.headers) {
        text += header.name + ": " + header.value + "\r\n";
    }
    text += "\r\n";
    has_moved_ = true;
    std::make_shared<StreamOutlet<Stream>>(site_, tls_, std::move(stream_), is_chunked)
        ->start(std::move(text), make);
}

template <class Stream>
void Connection<Stream>::upgrade(Exchange::MakeListener make) {
    tell_served(101, 0);
    has_moved_ = true;
    std::make_shared<WebSocket<Stream>>(site_, tls_, std::move(stream_))
        ->start(message_, std::move(make));
}

template <class Stream>
void Connection<Stream>::fail(const error_code& error) {
    const unsigned status = status_of_fault(error);
    if (status == 0) {
        close();
        return;
    }
    const ServerOptions& options = site_->options;
    switch (status) {
        case 431:
            refuse(status,
                   "the request's head is larger than gateway.header_bytes_max, " +
                       std::to_string(options.header_bytes_max) + " bytes");
            return;
        case 413:
            refuse(status,
                   "the request's body is larger than gateway.body_bytes_max, " +
                       std::to_string(options.body_bytes_max) + " bytes");
            return;
        case 408:
            // The stream has ended by its time-out; nothing can be told any more.
            close();
            return;
        default: refuse(status, "this is no HTTP request: " + error.message());
    }
}

template <class Stream>
void Connection<Stream>::refuse(unsigned status, std::string_view detail) {
    keeps_alive_ = false;
    is_head_ = false;
    request_.id.clear();  // of the one before
    write(fault_answer(status, detail));
}

template <class Stream>
void Connection<Stream>::write(Response&& response) {
    outgoing_.emplace(std::move(response), manners(), site_->options.server_name);
    tcp_of(stream_).expires_after(site_->options.send_timeout);
    outgoing_->write(
        stream_, is_head_, [self = this->shared_from_this()](const error_code& error, std::size_t) {
            self->on_written(error);
        });
}

template <class Stream>
void Connection<Stream>::on_written(const error_code& error) {
    outgoing_.reset();
    if (error) {
        close();
    } else if (keeps_alive_ && !site_->is_closing) {
        wait_for_request();
    } else {
        error_code ignored;
        tcp_of(stream_).socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
        tcp_of(stream_).expires_after(kLingerTime);
        linger();
    }
}

template <class Stream>
void Connection<Stream>::linger() {
    buffer_.clear();
    tcp_of(stream_).async_read_some(
        buffer_.prepare(kReadAtOnce),
        [self = this->shared_from_this()](const error_code& error, std::size_t bytes) {
            self->lingered_ += bytes;
            if (error || self->lingered_ > kLingerBytesMax) {
                self->close();
            } else {
                self->linger();
            }
        });
}

template <class Stream>
void Connection<Stream>::close() {
    if (!has_moved_) {
        tcp_of(stream_).close();
    }
}

void serve(std::shared_ptr<Site> site,
           asio::ip::tcp::socket socket,
           std::shared_ptr<asio::ssl::context> tls) {
    if (tls != nullptr) {
        std::make_shared<Connection<TlsStream>>(
            std::move(site), TlsStream(PlainStream(std::move(socket)), *tls), tls)
            ->start();
    } else {
        std::make_shared<Connection<PlainStream>>(
            std::move(site), PlainStream(std::move(socket)), nullptr)
            ->start();
    }
}

void turn_away(asio::ip::tcp::socket socket) {
    static constexpr std::string_view kFull =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\n"
        "Content-Length: 0\r\n\r\n";
    auto kept = std::make_shared<asio::ip::tcp::socket>(std::move(socket));
    error_code ignored;
    kept->non_blocking(true, ignored);
    // A fresh socket has room for it; what cannot be sent at once is not waited for.
    kept->send(asio::buffer(kFull.data(), kFull.size()), 0, ignored);
    kept->shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
}

}  // namespace steward::gateway
