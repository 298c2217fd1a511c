// gateway/http: a connection over TLS, as the libraries have it. Private to this folder.
#pragma once

#include <boost/asio/write.hpp>
#include <utility>

#include "gateway/http/stream_outlet.hpp"
#include "gateway/http/web_socket.hpp"
#include "gateway/http/wire.hpp"

namespace steward::gateway {

class TlsWire : public Wire, public Readiness::Watcher {
public:
    TlsWire(std::shared_ptr<Site> site, Socket socket, std::shared_ptr<asio::ssl::context> tls)
        : site_(std::move(site)),
          tls_(std::move(tls)),
          stream_(PlainStream(std::move(socket)), *tls_) {}

    ~TlsWire() override { static_cast<void>(let_go()); }

    void open(std::shared_ptr<User> user) override {
        user_ = user;
        fd_ = tcp_of(stream_).socket().native_handle();
        // The libraries tell to a read alone that somebody has gone. Without this it is heard late.
        static_cast<void>(site_->readiness->add(
            fd_, Readiness::Tells::TheEnd, std::shared_ptr<Readiness::Watcher>(user, this)));
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

    [[nodiscard]] bool is_half_closed() const override { return is_half_closed_; }

    void shut() override {
        error_code ignored;
        tcp_of(stream_).socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    }

    void close() override {
        const auto kept = let_go();
        error_code ignored;
        tcp_of(stream_).socket().close(ignored);
    }

    [[nodiscard]] bool is_secure() const override { return true; }

    void become_stream(std::string head,
                       bool is_chunked,
                       const Exchange::MakeListener& make) override {
        const auto kept = let_go();
        std::make_shared<StreamOutlet<TlsStream>>(site_, tls_, std::move(stream_), is_chunked)
            ->start(std::move(head), make);
    }

    void become_web_socket(const Message& message, Exchange::MakeListener make) override {
        const auto kept = let_go();
        std::make_shared<WebSocket<TlsStream>>(site_, tls_, std::move(stream_))
            ->start(message, std::move(make));
    }

    void on_edges(const Readiness::Edges& edges) override {
        is_half_closed_ = true;
        if (const auto user = user_.lock()) {
            edges.is_gone ? user->on_gone() : user->on_half_closed();
        }
    }

private:
    std::shared_ptr<Readiness::Watcher> let_go() {
        const int fd = std::exchange(fd_, -1);
        return fd < 0 ? nullptr : site_->readiness->remove(fd);
    }

    std::shared_ptr<Site> site_;
    std::shared_ptr<asio::ssl::context> tls_;  // outlives the stream
    TlsStream stream_;
    std::weak_ptr<User> user_;
    int fd_ = -1;  // while it is watched
    bool is_half_closed_ = false;
};

}  // namespace steward::gateway
