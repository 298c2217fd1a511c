#include "gateway/http/connection.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

namespace steward::gateway {

namespace {

constexpr std::size_t kLingerBytesAtOnce = 8'192;
constexpr std::size_t kLingerBytesMax = 1UL << 20U;
constexpr auto kLingerTime = std::chrono::seconds(2);
// Most answers have left by then, and nobody needs to be asked.
constexpr auto kAskAfter = std::chrono::seconds(1);
constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

Connection::Connection(std::shared_ptr<Site> site,
                       std::unique_ptr<Wire> wire,
                       std::string remote,
                       const Socket::executor_type& executor)
    : site_(std::move(site)),
      wire_(std::move(wire)),
      executor_(executor),
      deadline_(executor,
                [this] {
                    const auto self = shared_from_this();
                    on_deadline();
                }),
      remote_(std::move(remote)) {
    site_->guests.insert(this);
    ++site_->counts.connections;
}

Connection::~Connection() {
    forget();
}

void Connection::start() {
    deadline_.set(site_->options.header_timeout);
    wire_->open(shared_from_this());
}

void Connection::on_open(const error_code& error) {
    if (error) {
        site_->counts.handshakes_failed += wire_->is_secure() ? 1U : 0U;
        close();
    } else {
        advance();
    }
}

void Connection::leave() {
    if (awaits_ == Awaits::Request) {
        close();
    } else if (!places_.empty()) {
        is_last_ = true;
        places_.back().manners.keep_alive = false;
    }
}

// A handler that answers at once comes back here: then whoever called it goes on.
void Connection::advance() {
    if (is_advancing_ || is_ended_ || has_moved_) {
        return;
    }
    is_advancing_ = true;
    while (take_request() || write_answers()) {
    }
    is_advancing_ = false;
}

// Answers to requests that came together mostly come together too, and leave so.
void Connection::advance_soon() {
    if (is_advancing_ || has_moved_ || std::exchange(will_advance_, true)) {
        return;
    }
    asio::post(executor_, [self = shared_from_this()] {
        self->will_advance_ = false;
        self->advance();
    });
}

void Connection::on_read(const error_code& error, std::size_t bytes) {
    if (is_ended_) {
        lingered_ += bytes;
        if (error || lingered_ > kLingerBytesMax) {
            close();
        } else {
            linger();
        }
        return;
    }
    is_reading_ = false;
    if (error) {
        close();
        return;
    }
    if (awaits_ == Awaits::Request) {
        awaits_ = Awaits::Nothing;
    }
    advance();
}

bool Connection::is_owed() const {
    return std::ranges::any_of(places_, [](const Place& place) { return !place.is_ready; });
}

// While an answer is awaited no other deadline is set.
void Connection::on_deadline() {
    if (is_owed() && !is_writing_ && !is_ended_) {
        ask_whether_there();
    } else {
        close();
    }
}

void Connection::on_half_closed() {
    if (is_owed() && !is_writing_ && !is_ended_ && !has_moved_ && !has_asked_) {
        deadline_.set(kAskAfter);
    }
}

// One that reads on is not told from one that has gone by what comes from there. But only the
// system of one that has gone answers to this with a reset, and HTTP/1.1 lets everybody pass over
// it (RFC 9110, 15.2).
void Connection::ask_whether_there() {
    has_asked_ = true;
    if (places_.front().manners.version >= 11) {
        text_ = kGoOn;
        write();
    }
}

void Connection::on_gone() {
    if (is_owed() && !is_ended_ && !has_moved_) {
        lose();
    }
}

void Connection::lose() {
    const bool is_left_owing = is_owed();
    close();
    if (is_left_owing) {
        is_forgotten_ = true;
        places_.clear();
        buffer_.clear();
        buffer_.shrink_to_fit();
        forget();
    }
}

void Connection::end() {
    is_ended_ = true;
    wire_->shut();
    deadline_.set(kLingerTime);
    linger();
}

void Connection::linger() {
    buffer_.clear();
    wire_->read(buffer_, kLingerBytesAtOnce);
}

void Connection::close() {
    is_ended_ = true;
    if (!has_moved_) {
        deadline_.clear();
        wire_->close();
    }
}

void Connection::forget() {
    if (site_->guests.erase(this) > 0) {
        --site_->counts.connections;
    }
}

void serve(std::shared_ptr<Site> site, Socket socket, std::shared_ptr<asio::ssl::context> tls) {
    error_code ignored;
    std::string remote = socket.remote_endpoint(ignored).address().to_string();
    const Socket::executor_type executor = socket.get_executor();
    auto wire = make_wire(site, std::move(socket), std::move(tls));
    std::make_shared<Connection>(std::move(site), std::move(wire), std::move(remote), executor)
        ->start();
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
