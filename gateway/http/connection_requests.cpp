// gateway/http: the part of Connection that takes requests out of what has come, and begins them.
#include <boost/beast/http/error.hpp>

#include "gateway/http/connection.hpp"
#include "gateway/http/turn.hpp"

namespace steward::gateway {

namespace {

constexpr std::size_t kReadAtOnce = 8'192;
constexpr std::size_t kReadOfBody = 65'536;
constexpr std::size_t kBufferKept = 2 * kReadAtOnce;

std::string_view text_of(const beast::flat_buffer& buffer) {
    return {static_cast<const char*>(buffer.data().data()), buffer.size()};
}

bool is_safe(Method method) {
    return method == Method::Get || method == Method::Head || method == Method::Options;
}

}  // namespace

// Begins the next request if it is there. While answers wait to be written none is begun: a peer
// that does not read them is not served any further.
bool Connection::take_request() {
    if (is_last_ || is_reading_ || is_writing_ || is_ended_) {
        return false;
    }
    if (!reader_) {
        pass_over_empty_lines();
        if (buffer_.size() == 0 || text_of(buffer_) == "\r") {
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

// Some send one behind a body (RFC 9112, 2.2).
void Connection::pass_over_empty_lines() {
    while (text_of(buffer_).starts_with("\r\n")) {
        buffer_.consume(2);
    }
}

// False: it is not whole yet, or it is none.
bool Connection::read_request() {
    for (;;) {
        error_code error;
        buffer_.consume(reader_->put(buffer_.data(), error));
        if (!has_room()) {
            return false;
        }
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

// Who may send at all is known only behind the body.
bool Connection::has_room() {
    const std::size_t most = site_->options.bodies_bytes_max;
    if (account_.holds(reader_->request().body.size(), site_->bodies_bytes, most)) {
        return true;
    }
    refuse(503,
           "the bodies of all requests together are larger than gateway.bodies_bytes_max, " +
               std::to_string(most) + " bytes; try again later");
    return false;
}

// The head is there: whether the rest may come, or has.
bool Connection::is_welcome() {
    if (!reader_->knows_coding()) {
        refuse(501, "the only Transfer-Encoding that is known here is chunked");
        return false;
    }
    const std::string_view expected = reader_->expected();
    if (!expected.empty() && !beast::iequals(expected, "100-continue")) {
        refuse(417, "the only expectation that is met here is 100-continue");
        return false;
    }
    reader_->eager(true);
    if (!expected.empty() && !reader_->is_done() && buffer_.size() == 0) {
        places_.push_back(
            {next_number_++, {}, true, true, "HTTP/1.1 100 Continue\r\n\r\n", {}, {}, {}});
        return false;
    }
    return true;
}

// Side by side only what changes nothing (RFC 9112, 9.3.2), and what goes on as HTTP.
bool Connection::may_begin() const {
    return places_.empty() ||
           (places_.back().is_safe && places_.size() < ServerOptions::ahead_max &&
            is_safe(reader_->request().method) && !reader_->upgrade());
}

void Connection::begin() {
    awaits_ = Awaits::Nothing;
    deadline_.clear();
    if (const std::string_view fault = reader_->fault(); !fault.empty()) {
        refuse(400, fault);
        return;
    }
    Request request = std::move(reader_->request());
    request.remote = remote_;
    request.is_secure = wire_->is_secure();
    Place place;
    place.number = next_number_++;
    place.manners = {reader_->version(),
                     reader_->keep_alive() && !site_->is_closing,
                     request.method == Method::Head};
    place.is_safe = is_safe(request.method) && !reader_->upgrade();
    place.account = std::exchange(account_, {});
    is_last_ = !place.manners.keep_alive;
    auto turn = std::make_shared<Turn>(
        shared_from_this(), place.number, std::move(request), reader_->version());
    places_.push_back(std::move(place));
    reader_.reset();
    if (buffer_.size() == 0 && buffer_.capacity() > kBufferKept) {
        buffer_.shrink_to_fit();
    }
    if (wire_->is_half_closed()) {
        on_half_closed();
    }
    site_->handler(std::move(turn));
}

// Idle until a request's first byte; from there its head has its time, and its body, however they
// come: a peer that sends a byte now and then does not stay for long.
void Connection::await(Awaits what) {
    if (!places_.empty() || !text_.empty()) {
        return;
    }
    if (what == Awaits::Request && site_->is_closing) {
        end();
        return;
    }
    if (std::exchange(awaits_, what) != what) {
        const ServerOptions& options = site_->options;
        deadline_.set(what == Awaits::Request ? options.idle_timeout
                      : what == Awaits::Head  ? options.header_timeout
                                              : options.body_timeout);
    }
    is_reading_ = true;
    wire_->read(buffer_, what == Awaits::Body ? kReadOfBody : kReadAtOnce);
}

void Connection::refuse(const error_code& error) {
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

void Connection::refuse(unsigned status, std::string_view detail) {
    awaits_ = Awaits::Nothing;
    deadline_.clear();
    is_last_ = true;
    Response response = fault_answer(status, detail);
    Place place;
    place.manners = {reader_->version(), false, false};
    place.is_ready = true;
    append_head(place.head, response, place.manners, {}, site_->options.server_name);
    place.body = std::move(response.body);
    places_.push_back(std::move(place));
    account_ = {};
    reader_.reset();
}

}  // namespace steward::gateway
