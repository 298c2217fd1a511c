// gateway/http: a WebSocket (RFC 6455): whole text messages in and out. Private to this folder.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "gateway/http/beast.hpp"
#include "gateway/http/site.hpp"

namespace steward::gateway {

// The loop calls what goes on, none of them the next. NOLINTBEGIN(misc-no-recursion)
template <class Stream>
class WebSocket : public Outlet,
                  public Guest,
                  public std::enable_shared_from_this<WebSocket<Stream>> {
public:
    WebSocket(std::shared_ptr<Site> site, std::shared_ptr<asio::ssl::context> tls, Stream&& stream)
        : site_(std::move(site)), tls_(std::move(tls)), socket_(std::move(stream)) {
        site_->guests.insert(this);
        ++site_->counts.connections;
        ++site_->counts.web_sockets;
    }

    ~WebSocket() override {
        site_->guests.erase(this);
        --site_->counts.connections;
        --site_->counts.web_sockets;
    }

    void start(const Message& message, Exchange::MakeListener make) {
        tcp_of(socket_).expires_never();
        beast::websocket::stream_base::timeout timeout{};
        timeout.handshake_timeout = site_->options.header_timeout;
        timeout.idle_timeout = 2 * site_->options.ping_interval;
        timeout.keep_alive_pings = true;
        socket_.set_option(timeout);
        socket_.read_message_max(site_->options.message_bytes_max);
        socket_.set_option(beast::websocket::stream_base::decorator(
            [name = site_->options.server_name](beast::websocket::response_type& response) {
                response.set(http::field::server, name);
            }));
        socket_.async_accept(
            message, [self = this->shared_from_this(), make = std::move(make)](error_code error) {
                if (error) {
                    self->lose();
                    return;
                }
                self->listener_ = make(self);
                self->is_open_ = true;
                self->write();
                self->read();
            });
    }

    bool send(std::string text) override {
        if (is_gone_ || is_finishing_) {
            return false;
        }
        if (queued_ > 0 && queued_ + text.size() > site_->options.send_queue_bytes_max) {
            overrun();
            return false;
        }
        queued_ += text.size();
        queue_.push_back(std::move(text));
        write();
        return true;
    }

    void finish(std::string_view why) override {
        close({beast::websocket::close_code::normal, short_reason(why)});
    }

    void leave() override { close({beast::websocket::close_code::going_away, "the gateway ends"}); }

private:
    // A close frame has room for 123 bytes of reason.
    static std::string short_reason(std::string_view why) {
        return std::string(why.substr(0, 120));
    }

    void overrun() {
        ++site_->counts.overruns;
        while (queue_.size() > (is_writing_ ? 1U : 0U)) {
            queued_ -= queue_.back().size();
            queue_.pop_back();
        }
        const auto listener = std::exchange(listener_, nullptr);
        close({beast::websocket::close_code::policy_error,
               "messages came faster than they were read"});
        if (listener != nullptr) {
            listener->on_gone();
        }
    }

    void close(beast::websocket::close_reason reason) {
        if (is_gone_ || is_finishing_) {
            return;
        }
        is_finishing_ = true;
        reason_ = std::move(reason);
        listener_ = nullptr;
        write();
    }

    void write() {
        if (is_writing_ || is_gone_ || !is_open_) {
            return;
        }
        if (queue_.empty()) {
            if (is_finishing_) {
                is_writing_ = true;
                socket_.async_close(
                    reason_, [self = this->shared_from_this()](error_code) { self->lose(); });
            }
            return;
        }
        is_writing_ = true;
        socket_.text(true);
        socket_.async_write(asio::buffer(queue_.front()),
                            [self = this->shared_from_this()](error_code error, std::size_t) {
                                self->on_written(error);
                            });
    }

    void on_written(error_code error) {
        is_writing_ = false;
        if (error) {
            lose();
            return;
        }
        queued_ -= queue_.front().size();
        queue_.pop_front();
        write();
    }

    void read() {
        socket_.async_read(buffer_,
                           [self = this->shared_from_this()](error_code error, std::size_t) {
                               self->on_read(error);
                           });
    }

    void on_read(error_code error) {
        if (error) {
            lose();
            return;
        }
        // A listener that ends the connection lets itself go.
        if (const auto listener = listener_) {
            const auto data = buffer_.data();
            listener->on_message({static_cast<const char*>(data.data()), data.size()});
        }
        buffer_.consume(buffer_.size());
        if (buffer_.capacity() > kBufferKept) {
            buffer_.shrink_to_fit();
        }
        read();
    }

    void lose() {
        if (std::exchange(is_gone_, true)) {
            return;
        }
        tcp_of(socket_).close();
        if (const auto listener = std::exchange(listener_, nullptr)) {
            listener->on_gone();
        }
    }

    static constexpr std::size_t kBufferKept = 64UL << 10U;

    std::shared_ptr<Site> site_;
    std::shared_ptr<asio::ssl::context> tls_;  // outlives the stream
    beast::websocket::stream<Stream> socket_;
    beast::flat_buffer buffer_;
    std::shared_ptr<Listener> listener_;
    std::deque<std::string> queue_;  // the first is being written
    std::size_t queued_ = 0;
    beast::websocket::close_reason reason_;
    bool is_open_ = false;
    bool is_writing_ = false;
    bool is_finishing_ = false;
    bool is_gone_ = false;
};

// NOLINTEND(misc-no-recursion)

}  // namespace steward::gateway
