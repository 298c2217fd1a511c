#include "gateway/http/plain_wire.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <sys/socket.h>
#include <utility>

#include "gateway/http/stream_outlet.hpp"
#include "gateway/http/web_socket.hpp"

namespace steward::gateway {

namespace {

error_code system_error_now() {
    return {errno, boost::system::system_category()};
}

bool is_for_later() {
    return errno == EAGAIN || errno == EINTR;
}

std::size_t take_off(Wire::Pieces& pieces, std::size_t written) {
    std::size_t left = 0;
    for (asio::const_buffer& piece : pieces) {
        const std::size_t of_it = std::min(written, piece.size());
        piece += of_it;
        written -= of_it;
        left += piece.size();
    }
    return left;
}

asio::ip::tcp protocol_of(const Socket& socket) {
    error_code ignored;
    return socket.local_endpoint(ignored).protocol();
}

int descriptor_of(Socket& socket) {
    error_code ignored;
    return socket.release(ignored);
}

}  // namespace

PlainWire::PlainWire(std::shared_ptr<Site> site, Socket socket)
    : site_(std::move(site)),
      executor_(socket.get_executor()),
      protocol_(protocol_of(socket)),
      fd_(descriptor_of(socket)) {}

PlainWire::~PlainWire() {
    PlainWire::close();
}

void PlainWire::open(std::shared_ptr<User> user) {
    user_ = user;
    const bool is_watched = site_->readiness->add(
        fd_.get(), Readiness::Tells::All, std::shared_ptr<Readiness::Watcher>(user, this));
    asio::post(executor_, [user = std::move(user), is_watched] {
        user->on_open(is_watched ? error_code() : asio::error::no_memory);
    });
}

// ---- reading ----

void PlainWire::read(beast::flat_buffer& to, std::size_t bytes_max) {
    to_ = &to;
    read_max_ = bytes_max;
    if (may_read_) {
        read_soon();
    }
}

// Others have their turn first: the loop calls what goes on. NOLINTBEGIN(misc-no-recursion)
void PlainWire::read_soon() {
    asio::post(executor_, [this, user = user_.lock()] {
        if (to_ != nullptr && may_read_) {
            read_now();
        }
    });
}

// What comes in one piece is less than was asked for: then there is no more, but for the end.
void PlainWire::read_now() {
    const asio::mutable_buffer place = to_->prepare(read_max_);
    const ssize_t count = ::recv(fd_.get(), place.data(), place.size(), MSG_DONTWAIT);
    if (count < 0 && is_for_later()) {
        may_read_ = errno == EINTR;
        if (may_read_) {
            read_soon();
        }
        return;
    }
    error_code error;
    if (count <= 0) {
        error = count == 0 ? error_code(asio::error::eof) : system_error_now();
    }
    const auto bytes = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    may_read_ = is_half_closed_ || bytes == place.size();
    to_->commit(bytes);
    to_ = nullptr;
    if (const auto user = user_.lock()) {
        user->on_read(error, bytes);
    }
}

// NOLINTEND(misc-no-recursion)

void PlainWire::on_edges(const Readiness::Edges& edges) {
    may_read_ = may_read_ || edges.can_read;
    is_half_closed_ = is_half_closed_ || edges.is_half_closed;
    if (is_writing_ && edges.can_write) {
        write_on();
    }
    if (to_ != nullptr && may_read_ && fd_.is_open()) {
        read_now();
    }
    const auto user = user_.lock();
    if (edges.is_half_closed && fd_.is_open() && user != nullptr) {
        edges.is_gone ? user->on_gone() : user->on_half_closed();
    }
}

// ---- writing ----

std::size_t PlainWire::write_some(const Pieces& pieces) {
    ssize_t count = 0;
    if (pieces[1].size() == 0) {
        count = ::send(fd_.get(), pieces[0].data(), pieces[0].size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    } else {
        std::array<iovec, 2> parts{};
        for (std::size_t i = 0; i < parts.size(); ++i) {
            // The system's interface knows no const.
            parts.at(i) = {const_cast<void*>(pieces.at(i).data()), pieces.at(i).size()};
        }
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = parts.size();
        count = ::sendmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    return static_cast<std::size_t>(std::max<ssize_t>(count, 0));
}

void PlainWire::write(const Pieces& pieces) {
    rest_ = pieces;
    is_writing_ = true;
    asio::post(executor_, [this, user = user_.lock()] {
        if (is_writing_ && fd_.is_open()) {
            write_on();
        }
    });
}

// Until all is written or the socket takes no more, which tells when it does again.
void PlainWire::write_on() {
    error_code error;
    for (;;) {
        errno = 0;
        const std::size_t written = write_some(rest_);
        if (written == 0) {
            if (is_for_later()) {
                return;
            }
            error = system_error_now();
            break;
        }
        if (take_off(rest_, written) == 0) {
            break;
        }
    }
    is_writing_ = false;
    if (const auto user = user_.lock()) {
        user->on_written(error);
    }
}

// ---- the end ----

void PlainWire::shut() {
    ::shutdown(fd_.get(), SHUT_WR);
}

void PlainWire::close() {
    if (fd_.is_open()) {
        to_ = nullptr;
        is_writing_ = false;
        const auto kept = site_->readiness->remove(fd_.get());
        fd_ = {};
    }
}

PlainStream PlainWire::library_stream() {
    const auto kept = site_->readiness->remove(fd_.get());
    PlainStream stream(executor_);
    error_code ignored;
    stream.socket().assign(protocol_, fd_.release(), ignored);
    return stream;
}

void PlainWire::become_stream(std::string head,
                              bool is_chunked,
                              const Exchange::MakeListener& make) {
    std::make_shared<StreamOutlet<PlainStream>>(site_, nullptr, library_stream(), is_chunked)
        ->start(std::move(head), make);
}

void PlainWire::become_web_socket(const Message& message, Exchange::MakeListener make) {
    std::make_shared<WebSocket<PlainStream>>(site_, nullptr, library_stream())
        ->start(message, std::move(make));
}

}  // namespace steward::gateway
