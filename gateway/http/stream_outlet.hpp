// gateway/http: an answer that goes on: chunks (RFC 9112, 7.1) as they are given, pings between
// them. Private to this folder.
#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "gateway/http/beast.hpp"
#include "gateway/http/site.hpp"

namespace steward::gateway {

// The loop calls what goes on, none of them the next. NOLINTBEGIN(misc-no-recursion)
template <class Stream>
class StreamOutlet : public Outlet,
                     public Guest,
                     public std::enable_shared_from_this<StreamOutlet<Stream>> {
public:
    StreamOutlet(std::shared_ptr<Site> site,
                 std::shared_ptr<asio::ssl::context> tls,
                 Stream&& stream,
                 bool is_chunked)
        : site_(std::move(site)),
          tls_(std::move(tls)),
          stream_(std::move(stream)),
          ping_(stream_.get_executor()),
          is_chunked_(is_chunked) {
        site_->guests.insert(this);
        ++site_->counts.connections;
        ++site_->counts.event_streams;
    }

    ~StreamOutlet() override {
        site_->guests.erase(this);
        --site_->counts.connections;
        --site_->counts.event_streams;
    }

    /// The head is written first, as it is.
    void start(std::string head, const Exchange::MakeListener& make) {
        waiting_ = std::move(head);
        listener_ = make(this->shared_from_this());
        write();
        listen();
        ping_later();
    }

    bool send(std::string text) override {
        if (is_gone_ || is_finishing_) {
            return false;
        }
        const std::size_t queued = writing_.size() + waiting_.size();
        if (queued > 0 && queued + text.size() > site_->options.send_queue_bytes_max) {
            overrun();
            return false;
        }
        enqueue(text);
        return true;
    }

    void finish(std::string_view why) override {
        if (is_gone_ || is_finishing_) {
            return;
        }
        if (!why.empty()) {
            enqueue(": " + std::string(why) + "\n\n");
        }
        end();
    }

    void leave() override { finish("the gateway ends"); }

private:
    void enqueue(std::string_view text) {
        if (is_chunked_) {
            std::array<char, 20> size{};
            const int length = std::snprintf(size.data(), size.size(), "%zx\r\n", text.size());
            waiting_.append(size.data(), static_cast<std::size_t>(length));
        }
        waiting_.append(text);
        if (is_chunked_) {
            waiting_.append("\r\n");
        }
        write_soon();
    }

    // What is being written goes out; what waits behind it is given up.
    void overrun() {
        ++site_->counts.overruns;
        waiting_.clear();
        enqueue(
            "event: overrun\ndata: {\"detail\":\"events came faster than they were read\"}\n\n");
        const auto listener = std::exchange(listener_, nullptr);
        end();
        if (listener != nullptr) {
            listener->on_gone();
        }
    }

    void end() {
        is_finishing_ = true;
        listener_ = nullptr;
        ping_.cancel();
        if (is_chunked_) {
            waiting_.append("0\r\n\r\n");
        }
        write_soon();
    }

    // What comes in the same turn of the loop leaves together.
    void write_soon() {
        if (is_writing_ || is_gone_ || std::exchange(is_write_due_, true)) {
            return;
        }
        asio::post(stream_.get_executor(), [self = this->shared_from_this()] {
            self->is_write_due_ = false;
            self->write();
        });
    }

    void write() {
        if (is_writing_ || is_gone_) {
            return;
        }
        if (waiting_.empty()) {
            if (is_finishing_) {
                shut();
            }
            return;
        }
        is_writing_ = true;
        writing_.swap(waiting_);
        tcp_of(stream_).expires_after(site_->options.send_timeout);
        asio::async_write(stream_,
                          asio::buffer(writing_),
                          [self = this->shared_from_this()](const error_code& error, std::size_t) {
                              self->on_written(error);
                          });
    }

    void on_written(const error_code& error) {
        is_writing_ = false;
        if (error) {
            lose();
            return;
        }
        writing_.clear();
        if (writing_.capacity() > kBufferKept) {
            writing_.shrink_to_fit();
        }
        write();
    }

    // Nothing is expected: this tells when the other end has gone.
    void listen() {
        stream_.async_read_some(
            asio::buffer(ignored_),
            [self = this->shared_from_this()](const error_code& error, std::size_t) {
                if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
                    self->on_half_closed();
                } else if (error) {
                    self->lose();
                } else {
                    self->listen();
                }
            });
    }

    // One that has gone answers to a ping with a reset; one that reads on passes over it.
    void on_half_closed() {
        if (is_gone_ || is_finishing_) {
            return;
        }
        enqueue(kPing);
        tcp_of(stream_).socket().async_wait(
            asio::ip::tcp::socket::wait_error,
            [self = this->shared_from_this()](const error_code&) { self->lose(); });
    }

    void ping_later() {
        ping_.expires_after(site_->options.ping_interval);
        ping_.async_wait([weak = this->weak_from_this()](const error_code& error) {
            const auto self = weak.lock();
            if (self == nullptr || error || self->is_gone_ || self->is_finishing_) {
                return;
            }
            if (!self->is_writing_ && self->waiting_.empty()) {
                self->enqueue(kPing);
            }
            self->ping_later();
        });
    }

    void shut() {
        error_code ignored;
        tcp_of(stream_).socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
        lose();
    }

    void lose() {
        if (std::exchange(is_gone_, true)) {
            return;
        }
        ping_.cancel();
        tcp_of(stream_).close();
        if (const auto listener = std::exchange(listener_, nullptr)) {
            listener->on_gone();
        }
    }

    static constexpr std::string_view kPing = ": still here\n\n";
    static constexpr std::size_t kBufferKept = 16UL << 10U;

    std::shared_ptr<Site> site_;
    std::shared_ptr<asio::ssl::context> tls_;  // outlives the stream
    Stream stream_;
    asio::steady_timer ping_;
    std::shared_ptr<Listener> listener_;
    std::string writing_;
    std::string waiting_;
    std::array<char, 512> ignored_{};
    bool is_chunked_;
    bool is_writing_ = false;
    bool is_write_due_ = false;
    bool is_finishing_ = false;
    bool is_gone_ = false;
};

// NOLINTEND(misc-no-recursion)

}  // namespace steward::gateway
