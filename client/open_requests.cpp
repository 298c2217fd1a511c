#include "client/open_requests.hpp"

#include <algorithm>
#include <utility>

#include "common/base/assert.hpp"

namespace steward::client {

namespace native = wire::native;

OpenRequests::OpenRequests(std::uint64_t session) : session_(session), ids_(session) {
    STEWARD_ASSERT(session != 0);
}

// Leaving a session pays when it frees much more than it costs the broker to keep.
bool OpenRequests::is_clogged(std::size_t span_max) const {
    return window_.size() >= span_max && open_in_window_ <= window_.size() / 2;
}

std::size_t OpenRequests::room(std::size_t span_max) const {
    if (window_.size() < span_max) {
        return span_max - window_.size();
    }
    return is_clogged(span_max) && left_.size() < kLeftSessionsMax ? span_max : 0;
}

OpenRequests::Request& OpenRequests::add(std::size_t span_max) {
    STEWARD_ASSERT(room(span_max) > 0);
    if (is_clogged(span_max)) {
        leave_session();
    }
    Request& request = window_.push();
    request.is_open = true;
    request.number = window_.next() - 1;
    ++open_;
    ++open_in_window_;
    return request;
}

void OpenRequests::leave_session() {
    LeftSession left{session_, window_.next(), {}};
    left.requests.reserve(open_in_window_);
    for (std::uint64_t number = window_.first(); number < window_.next(); ++number) {
        if (Request* request = window_.find(number); request->is_open) {
            left.requests.push_back(std::move(*request));
        }
    }
    window_ = Window<Request>(left.end);
    open_in_window_ = 0;
    left_.push_back(std::move(left));
    do {
        session_ = ids_.next();
    } while (session_ == 0);
}

OpenRequests::Request* OpenRequests::find(std::uint64_t number) {
    Request* request = number < window_.first() ? find_left(number) : window_.find(number);
    return request != nullptr && request->is_open && request->number == number ? request : nullptr;
}

OpenRequests::Request* OpenRequests::find_left(std::uint64_t at_least) {
    for (LeftSession& left : left_) {
        const auto found = std::ranges::lower_bound(left.requests, at_least, {}, &Request::number);
        if (found != left.requests.end()) {
            return &*found;
        }
    }
    return nullptr;
}

void OpenRequests::close(Request& request) {
    STEWARD_ASSERT(request.is_open);
    --open_;
    if (request.number < window_.first()) {
        close_left(request.number);
        return;
    }
    --open_in_window_;
    request.is_open = false;
    if (request.number != window_.first()) {  // the slot stays: not what it holds
        request.job = {};
        request.asked.reset();
        return;
    }
    while (!window_.empty() && !window_.front().is_open) {
        window_.pop_front();
    }
}

void OpenRequests::close_left(std::uint64_t number) {
    const auto left = std::ranges::upper_bound(left_, number, {}, &LeftSession::end);
    STEWARD_ASSERT(left != left_.end());
    const auto found = std::ranges::lower_bound(left->requests, number, {}, &Request::number);
    left->requests.erase(found);
    if (left->requests.empty()) {
        settled_.push_back({left->session, left->end});
        left_.erase(left);
    }
}

native::Session OpenRequests::newest_session() const {
    return {session_, window_.first()};
}

native::Session OpenRequests::session_of(std::uint64_t number) const {
    if (number >= window_.first()) {
        return newest_session();
    }
    const auto left = std::ranges::upper_bound(left_, number, {}, &LeftSession::end);
    return left == left_.end() ? newest_session()
                               : native::Session{left->session, left->requests.front().number};
}

std::optional<native::Session> OpenRequests::next_settled() {
    if (settled_.empty()) {
        return std::nullopt;
    }
    const native::Session session = settled_.back();
    settled_.pop_back();
    return session;
}

OpenRequests::Request* OpenRequests::next_unsent() {
    if (unsent_ < window_.first()) {
        if (Request* request = find_left(unsent_); request != nullptr) {
            unsent_ = request->number;
            return request;
        }
        unsent_ = window_.first();
    }
    for (; unsent_ < window_.next(); ++unsent_) {
        if (Request* request = window_.find(unsent_); request->is_open) {
            return request;
        }
    }
    return nullptr;
}

}  // namespace steward::client
