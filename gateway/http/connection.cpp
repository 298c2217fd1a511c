#include "gateway/http/connection.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <type_traits>

#include "common/base/assert.hpp"
#include "common/posix/clock.hpp"
#include "gateway/http/stream_outlet.hpp"
#include "gateway/http/web_socket.hpp"

namespace steward::gateway {

namespace {

constexpr std::size_t kReadAtOnce = 8'192;
constexpr std::size_t kReadOfBody = 65'536;
constexpr std::size_t kBufferKept = 2 * kReadAtOnce;
// A body up to here is copied behind its head, so that both and further answers are one piece.
constexpr std::size_t kCopiedMax = 16'384;
constexpr std::size_t kTextKept = 65'536;
constexpr std::size_t kLingerBytesMax = 1UL << 20U;
constexpr auto kLingerTime = std::chrono::seconds(2);

bool is_safe(Method method) {
    return method == Method::Get || method == Method::Head || method == Method::Options;
}

}  // namespace

/// A request as the handler has it.
template <class Stream>
class Connection<Stream>::Turn : public Exchange {
public:
    Turn(std::shared_ptr<Connection> connection,
         std::uint64_t number_given,
         gateway::Request&& request,
         unsigned version_given)
        : number(number_given),
          version(version_given),
          asked_at(posix::read_mono()),
          connection_(std::move(connection)),
          request_(std::move(request)) {}

    ~Turn() override {
        if (connection_ != nullptr && !connection_->site_->is_over) {
            answer(fault_answer(500, "nobody has answered this"));
        }
    }

    [[nodiscard]] const gateway::Request& request() const override { return request_; }

    [[nodiscard]] gateway::Request& request() override { return request_; }

    void answer(Response&& response) override { let_go()->answer(*this, std::move(response)); }

    void stream(Response&& head, const MakeListener& make) override {
        let_go()->stream(*this, std::move(head), make);
    }

    void upgrade(MakeListener make) override { let_go()->upgrade(*this, std::move(make)); }

    [[nodiscard]] bool wants_upgrade() const override {
        return beast::websocket::is_upgrade(message_of(request_, version));
    }

    const std::uint64_t number;
    const unsigned version;
    const base::MonoTime asked_at;

private:
    [[nodiscard]] std::shared_ptr<Connection> let_go() {
        STEWARD_ASSERT(connection_ != nullptr);
        return std::exchange(connection_, nullptr);
    }

    std::shared_ptr<Connection> connection_;  // null: answered
    gateway::Request request_;
};

template <class Stream>
Connection<Stream>::Connection(std::shared_ptr<Site> site,
                               Stream&& stream,
                               std::shared_ptr<asio::ssl::context> tls)
    : site_(std::move(site)), tls_(std::move(tls)), stream_(std::move(stream)) {
    error_code ignored;
    remote_ = tcp_of(stream_).socket().remote_endpoint(ignored).address().to_string();
    tcp_of(stream_).socket().non_blocking(true, ignored);
    site_->guests.insert(this);
    ++site_->counts.connections;
}

template <class Stream>
Connection<Stream>::~Connection() {
    site_->guests.erase(this);
    --site_->counts.connections;
}

// Without TLS the socket itself: its operations need no time-out of the stream's.
template <class Stream>
auto& Connection<Stream>::wire() {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
        return stream_;
    } else {
        return stream_.socket();
    }
}

template <class Stream>
void Connection<Stream>::start() {
    deadline_.emplace(stream_.get_executor(), [weak = this->weak_from_this()] {
        if (const auto self = weak.lock()) {
            self->close();
        }
    });
    if constexpr (std::is_same_v<Stream, TlsStream>) {
        deadline_->set(site_->options.header_timeout);
        stream_.async_handshake(asio::ssl::stream_base::server,
                                [self = this->shared_from_this()](const error_code& error) {
                                    if (error) {
                                        ++self->site_->counts.handshakes_failed;
                                        self->close();
                                    } else {
                                        self->advance();
                                    }
                                });
    } else {
        advance();
    }
}

template <class Stream>
void Connection<Stream>::leave() {
    if (awaits_ == Awaits::Request) {
        close();
    } else if (!places_.empty()) {
        is_last_ = true;
        places_.back().manners.keep_alive = false;
    }
}

// A handler that answers at once comes back here: then whoever called it goes on.
template <class Stream>
void Connection<Stream>::advance() {
    if (is_advancing_ || is_ended_ || has_moved_) {
        return;
    }
    is_advancing_ = true;
    while (take_request() || write_answers()) {
    }
    is_advancing_ = false;
}

// ---- requests ----

// Begins the next request if it is there. While answers wait to be written none is begun: a peer
// that does not read them is not served any further.
template <class Stream>
bool Connection<Stream>::take_request() {
    if (is_last_ || is_reading_ || is_writing_ || is_ended_) {
        return false;
    }
    if (!reader_) {
        if (buffer_.size() == 0) {
            await(Awaits::Request);
            return false;
        }
        reader_.emplace(site_->options);
    }
    if (!reader_->is_done() && !read_request()) {
        return false;
    }
    if (!may_begin()) {
        return false;
    }
    begin();
    return true;
}

// False: it is not whole yet, or it is none.
template <class Stream>
bool Connection<Stream>::read_request() {
    for (;;) {
        error_code error;
        buffer_.consume(reader_->put(buffer_.data(), error));
        if (error == http::error::need_more) {
            // Lines of chunks have no limit of their own.
            if (buffer_.size() > site_->options.header_bytes_max) {
                refuse(http::make_error_code(http::error::header_limit));
            } else {
                await(reader_->is_header_done() ? Awaits::Body : Awaits::Head);
            }
            return false;
        }
        if (error) {
            refuse(error);
            return false;
        }
        if (!reader_->eager() && !is_welcome()) {
            return false;
        }
        if (reader_->is_done()) {
            return true;
        }
        if (buffer_.size() == 0) {
            await(Awaits::Body);
            return false;
        }
    }
}

// The head is there: whether the rest may come, or has.
template <class Stream>
bool Connection<Stream>::is_welcome() {
    const std::string_view expected = reader_->expected();
    if (!expected.empty() && !beast::iequals(expected, "100-continue")) {
        refuse(417, "the only expectation that is met here is 100-continue");
        return false;
    }
    reader_->eager(true);
    if (!expected.empty() && !reader_->is_done() && buffer_.size() == 0) {
        places_.push_back(
            {next_number_++, {}, true, true, "HTTP/1.1 100 Continue\r\n\r\n", {}, {}});
        return false;
    }
    return true;
}

// Side by side only what changes nothing (RFC 9112, 9.3.2), and what goes on as HTTP.
template <class Stream>
bool Connection<Stream>::may_begin() const {
    return places_.empty() ||
           (places_.back().is_safe && places_.size() < ServerOptions::ahead_max &&
            is_safe(reader_->request().method) && !reader_->upgrade());
}

template <class Stream>
void Connection<Stream>::begin() {
    awaits_ = Awaits::Nothing;
    deadline_->clear();
    if (const std::string_view fault = reader_->fault(); !fault.empty()) {
        refuse(400, fault);
        return;
    }
    gateway::Request request = std::move(reader_->request());
    request.remote = remote_;
    request.is_secure = std::is_same_v<Stream, TlsStream>;
    Place place;
    place.number = next_number_++;
    place.manners = {reader_->version(),
                     reader_->keep_alive() && !site_->is_closing,
                     request.method == Method::Head};
    place.is_safe = is_safe(request.method) && !reader_->upgrade();
    is_last_ = !place.manners.keep_alive;
    auto turn = std::make_shared<Turn>(
        this->shared_from_this(), place.number, std::move(request), reader_->version());
    places_.push_back(std::move(place));
    reader_.reset();
    if (buffer_.size() == 0 && buffer_.capacity() > kBufferKept) {
        buffer_.shrink_to_fit();
    }
    site_->handler(std::move(turn));
}

// Idle until a request's first byte; from there its head has its time, and its body, however they
// come: a peer that sends a byte now and then does not stay for long.
template <class Stream>
void Connection<Stream>::await(Awaits what) {
    if (!places_.empty() || !text_.empty()) {
        return;
    }
    if (what == Awaits::Request && site_->is_closing) {
        end();
        return;
    }
    if (std::exchange(awaits_, what) != what) {
        const ServerOptions& options = site_->options;
        deadline_->set(what == Awaits::Request ? options.idle_timeout
                       : what == Awaits::Head  ? options.header_timeout
                                               : options.body_timeout);
    }
    is_reading_ = true;
    wire().async_read_some(
        buffer_.prepare(what == Awaits::Body ? kReadOfBody : kReadAtOnce),
        [self = this->shared_from_this()](const error_code& error, std::size_t bytes) {
            self->on_read(error, bytes);
        });
}

template <class Stream>
void Connection<Stream>::on_read(const error_code& error, std::size_t bytes) {
    is_reading_ = false;
    if (error) {
        close();
        return;
    }
    buffer_.commit(bytes);
    if (awaits_ == Awaits::Request) {
        awaits_ = Awaits::Nothing;
    }
    advance();
}

template <class Stream>
void Connection<Stream>::refuse(const error_code& error) {
    const ServerOptions& options = site_->options;
    const unsigned status = status_of_fault(error);
    if (status == 431) {
        refuse(status,
               "the request's head is larger than gateway.header_bytes_max, " +
                   std::to_string(options.header_bytes_max) + " bytes");
    } else if (status == 413) {
        refuse(status,
               "the request's body is larger than gateway.body_bytes_max, " +
                   std::to_string(options.body_bytes_max) + " bytes");
    } else {
        refuse(status, "this is no HTTP request: " + error.message());
    }
}

template <class Stream>
void Connection<Stream>::refuse(unsigned status, std::string_view detail) {
    awaits_ = Awaits::Nothing;
    deadline_->clear();
    is_last_ = true;
    Response response = fault_answer(status, detail);
    Place place;
    place.manners = {reader_->version(), false, false};
    place.is_ready = true;
    append_head(place.head, response, place.manners, {}, site_->options.server_name);
    place.body = std::move(response.body);
    places_.push_back(std::move(place));
    reader_.reset();
}

// ---- answers ----

template <class Stream>
typename Connection<Stream>::Place& Connection<Stream>::place_of(std::uint64_t number) {
    const auto found = std::ranges::find(places_, number, &Place::number);
    STEWARD_ASSERT(found != places_.end());
    return *found;
}

template <class Stream>
void Connection<Stream>::tell_served(const Turn& turn, unsigned status, std::size_t body_bytes) {
    site_->on_served({&turn.request(), status, body_bytes, posix::read_mono() - turn.asked_at});
}

template <class Stream>
void Connection<Stream>::answer(const Turn& turn, Response&& response) {
    tell_served(turn, response.status, response.body.size());
    Place& place = place_of(turn.number);
    append_head(place.head, response, place.manners, turn.request().id, site_->options.server_name);
    if (has_body(response, place.manners)) {
        place.body = std::move(response.body);
    }
    place.is_ready = true;
    places_.size() > 1 ? advance_soon() : advance();
}

template <class Stream>
void Connection<Stream>::stream(const Turn& turn,
                                Response&& head,
                                const Exchange::MakeListener& make) {
    if (place_of(turn.number).manners.is_head) {
        answer(turn, std::move(head));
        return;
    }
    tell_served(turn, head.status, 0);
    const bool is_chunked = turn.version >= 11;
    std::string text = std::string(is_chunked ? "HTTP/1.1 " : "HTTP/1.0 ") +
                       std::to_string(head.status) + " " + std::string(reason_of(head.status)) +
                       "\r\nServer: " + site_->options.server_name +
                       "\r\nContent-Type: " + head.content_type + "\r\nConnection: close\r\n";
    if (is_chunked) {
        text += "Transfer-Encoding: chunked\r\n";
    }
    if (!turn.request().id.empty()) {
        text += "X-Request-Id: " + turn.request().id + "\r\n";
    }
    for (const Header& header : head.headers) {
        text += header.name + ": " + header.value + "\r\n";
    }
    text += "\r\n";
    take_over(turn.number, [this, text = std::move(text), make, is_chunked]() mutable {
        std::make_shared<StreamOutlet<Stream>>(site_, tls_, std::move(stream_), is_chunked)
            ->start(std::move(text), make);
    });
}

template <class Stream>
void Connection<Stream>::upgrade(const Turn& turn, Exchange::MakeListener make) {
    tell_served(turn, 101, 0);
    take_over(turn.number,
              [this,
               message = message_of(turn.request(), turn.version),
               make = std::move(make)]() mutable {
                  std::make_shared<WebSocket<Stream>>(site_, tls_, std::move(stream_))
                      ->start(message, std::move(make));
              });
}

template <class Stream>
void Connection<Stream>::take_over(std::uint64_t number, std::function<void()> go_on) {
    is_last_ = true;
    Place& place = place_of(number);
    place.takes_over = std::move(go_on);
    place.is_ready = true;
    advance();
}

// Answers to requests that came together mostly come together too, and leave so.
template <class Stream>
void Connection<Stream>::advance_soon() {
    if (is_advancing_ || has_moved_ || std::exchange(will_advance_, true)) {
        return;
    }
    asio::post(stream_.get_executor(), [self = this->shared_from_this()] {
        self->will_advance_ = false;
        self->advance();
    });
}

// True: what was due has left, and more may be possible now.
template <class Stream>
bool Connection<Stream>::write_answers() {
    if (is_writing_ || is_ended_ || has_moved_) {
        return false;
    }
    if (!places_.empty() && places_.front().takes_over) {
        has_moved_ = true;
        deadline_->clear();
        const auto go_on = std::exchange(places_.front().takes_over, nullptr);
        go_on();
        return false;
    }
    collect();
    return !text_.empty() && write();
}

// The answers that are due, up to one whose body is too large to be copied.
template <class Stream>
void Connection<Stream>::collect() {
    std::size_t count = 0;
    for (; count < places_.size() && body_.empty(); ++count) {
        Place& place = places_[count];
        if (!place.is_ready || place.takes_over) {
            break;
        }
        text_ += place.head;
        if (place.body.size() <= kCopiedMax) {
            text_ += place.body.view();
        } else {
            body_ = std::move(place.body);
        }
    }
    places_.erase(places_.begin(), places_.begin() + static_cast<std::ptrdiff_t>(count));
}

// At once as much as the socket takes, which nearly always is all.
template <class Stream>
bool Connection<Stream>::write() {
    std::array<asio::const_buffer, 2> pieces = {asio::buffer(text_),
                                                asio::buffer(body_.view().data(), body_.size())};
    if constexpr (!std::is_same_v<Stream, TlsStream>) {
        error_code error;
        std::size_t written = wire().write_some(pieces, error);
        if (!error && written == text_.size() + body_.size()) {
            on_written(error);
            return !is_ended_;
        }
        for (asio::const_buffer& piece : pieces) {
            const std::size_t of_it = std::min(written, piece.size());
            piece += of_it;
            written -= of_it;
        }
    }
    is_writing_ = true;
    deadline_->set(site_->options.send_timeout);
    asio::async_write(
        wire(), pieces, [self = this->shared_from_this()](const error_code& error, std::size_t) {
            self->is_writing_ = false;
            self->deadline_->clear();
            self->on_written(error);
            self->advance();
        });
    return false;
}

template <class Stream>
void Connection<Stream>::on_written(const error_code& error) {
    text_.clear();
    if (text_.capacity() > kTextKept) {
        text_.shrink_to_fit();
    }
    body_ = {};
    if (error) {
        close();
    } else if (is_last_ && places_.empty()) {
        end();
    }
}

template <class Stream>
void Connection<Stream>::end() {
    is_ended_ = true;
    error_code ignored;
    tcp_of(stream_).socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    deadline_->set(kLingerTime);
    linger();
}

template <class Stream>
void Connection<Stream>::linger() {
    buffer_.clear();
    tcp_of(stream_).socket().async_read_some(
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
    is_ended_ = true;
    if (!has_moved_) {
        error_code ignored;
        tcp_of(stream_).socket().close(ignored);
    }
}

void serve(std::shared_ptr<Site> site, Socket socket, std::shared_ptr<asio::ssl::context> tls) {
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

void turn_away(Socket socket) {
    static constexpr std::string_view kFull =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\n"
        "Content-Length: 0\r\n\r\n";
    auto kept = std::make_shared<Socket>(std::move(socket));
    error_code ignored;
    kept->non_blocking(true, ignored);
    // A fresh socket has room for it; what cannot be sent at once is not waited for.
    kept->send(asio::buffer(kFull.data(), kFull.size()), 0, ignored);
    kept->shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
}

}  // namespace steward::gateway
