// gateway/http: the part of Connection that writes the answers, in the order of their requests.
#include <algorithm>
#include <array>

#include "common/base/assert.hpp"
#include "common/posix/clock.hpp"
#include "gateway/http/connection.hpp"
#include "gateway/http/turn.hpp"

namespace steward::gateway {

namespace {

// A body up to here is copied behind its head, so that both and further answers are one piece.
constexpr std::size_t kCopiedMax = 16'384;
constexpr std::size_t kTextKept = 65'536;
// What is told of a request whose peer left before its answer, in nginx's word; nobody reads it.
constexpr unsigned kLeft = 499;

}  // namespace

Connection::Place& Connection::place_of(std::uint64_t number) {
    const auto found = std::ranges::find(places_, number, &Place::number);
    STEWARD_ASSERT(found != places_.end());
    return *found;
}

void Connection::tell_served(const Turn& turn, unsigned status, std::size_t body_bytes) {
    site_->on_served({&turn.request(), status, body_bytes, posix::read_mono() - turn.asked_at});
}

void Connection::answer(const Turn& turn, Response&& response) {
    if (is_forgotten_) {
        tell_served(turn, kLeft, 0);
        return;
    }
    tell_served(turn, response.status, response.body.size());
    Place& place = place_of(turn.number);
    append_head(place.head, response, place.manners, turn.request().id, site_->options.server_name);
    if (has_body(response, place.manners)) {
        place.body = std::move(response.body);
    }
    place.is_ready = true;
    places_.size() > 1 ? advance_soon() : advance();
}

void Connection::stream(const Turn& turn, Response&& head, const Exchange::MakeListener& make) {
    if (is_forgotten_ || place_of(turn.number).manners.is_head) {
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
    text.append(head.lines).append("\r\n");
    take_over(turn.number, [this, text = std::move(text), make, is_chunked]() mutable {
        wire_->become_stream(std::move(text), is_chunked, make);
    });
}

void Connection::upgrade(const Turn& turn, Exchange::MakeListener make) {
    if (is_forgotten_) {
        answer(turn, {});
        return;
    }
    tell_served(turn, 101, 0);
    take_over(
        turn.number,
        [this,
         message = message_of(turn.request(), turn.version),
         make = std::move(make)]() mutable { wire_->become_web_socket(message, std::move(make)); });
}

void Connection::take_over(std::uint64_t number, std::function<void()> go_on) {
    is_last_ = true;
    Place& place = place_of(number);
    place.takes_over = std::move(go_on);
    place.is_ready = true;
    advance();
}

// True: what was due has left, and more may be possible now.
bool Connection::write_answers() {
    if (is_writing_ || is_ended_ || has_moved_) {
        return false;
    }
    if (!places_.empty() && places_.front().takes_over) {
        has_moved_ = true;
        deadline_.clear();
        const auto go_on = std::exchange(places_.front().takes_over, nullptr);
        go_on();
        return false;
    }
    collect();
    return !text_.empty() && write();
}

// The answers that are due, up to one whose body is too large to be copied.
void Connection::collect() {
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
bool Connection::write() {
    Wire::Pieces pieces = {asio::buffer(text_), asio::buffer(body_.view().data(), body_.size())};
    std::size_t written = wire_->write_some(pieces);
    if (written == text_.size() + body_.size()) {
        wrote();
        return !is_ended_;
    }
    for (asio::const_buffer& piece : pieces) {
        const std::size_t of_it = std::min(written, piece.size());
        piece += of_it;
        written -= of_it;
    }
    is_writing_ = true;
    deadline_.set(site_->options.send_timeout);
    wire_->write(pieces);
    return false;
}

void Connection::on_written(const error_code& error) {
    is_writing_ = false;
    deadline_.clear();
    if (error) {
        lose();
        return;
    }
    wrote();
    if (wire_->is_half_closed()) {
        on_half_closed();
    }
    advance();
}

void Connection::wrote() {
    text_.clear();
    if (text_.capacity() > kTextKept) {
        text_.shrink_to_fit();
    }
    body_ = {};
    if (is_last_ && places_.empty()) {
        end();
    }
}

}  // namespace steward::gateway
