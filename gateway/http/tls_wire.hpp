// gateway/http: a connection over TLS, as the libraries have it. Private to this folder.
#pragma once

#include <boost/asio/write.hpp>
#include <utility>

#include "gateway/http/stream_outlet.hpp"
#include "gateway/http/web_socket.hpp"
#include "gateway/http/wire.hpp"

namespace steward::gateway {

class TlsWire : public Wire {
public:
    TlsWire(std::shared_ptr<Site> site, Socket socket, std::shared_ptr<asio::ssl::context> tls)
        : site_(std::move(site)),
          tls_(std::move(tls)),
          stream_(PlainStream(std::move(socket)), *tls_) {}

    void open(std::shared_ptr<User> user) override {
        user_ = user;
        stream_.async_handshake(
            asio::ssl::stream_base::server,
            [user = std::move(user)](const error_code& error) { user->on_open(error); });
    }

    void read(beast::flat_buffer& to, std::size_t bytes_max) override {
        stream_.async_read_some(
            to.prepare(bytes_max),
            [user = user_.lock(), &to](const error_code& error, std::size_t bytes) {
                to.commit(bytes);
                user->on_read(error, bytes);
            });
    }

    [[nodiscard]] std::size_t write_some(const Pieces& /*pieces*/) override { return 0; }

    void write(const Pieces& pieces) override {
        asio::async_write(
            stream_, pieces, [user = user_.lock()](const error_code& error, std::size_t) {
                user->on_written(error);
            });
    }

    // A read alone would tell.
    [[nodiscard]] bool has_left() const override { return false; }

    void shut() override {
        error_code ignored;
        tcp_of(stream_).socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    }

    void close() override {
        error_code ignored;
        tcp_of(stream_).socket().close(ignored);
    }

    [[nodiscard]] bool is_secure() const override { return true; }

    void become_stream(std::string head,
                       bool is_chunked,
                       const Exchange::MakeListener& make) override {
        std::make_shared<StreamOutlet<TlsStream>>(site_, tls_, std::move(stream_), is_chunked)
            ->start(std::move(head), make);
    }

    void become_web_socket(const Message& message, Exchange::MakeListener make) override {
        std::make_shared<WebSocket<TlsStream>>(site_, tls_, std::move(stream_))
            ->start(message, std::move(make));
    }

private:
    std::shared_ptr<Site> site_;
    std::shared_ptr<asio::ssl::context> tls_;  // outlives the stream
    TlsStream stream_;
    std::weak_ptr<User> user_;
};

}  // namespace steward::gateway
