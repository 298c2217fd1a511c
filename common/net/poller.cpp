#include "common/net/poller.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <sys/epoll.h>
#include <utility>

#include <zmq.hpp>

#include "common/base/assert.hpp"
#include "common/net/zmq_error.hpp"
#include "common/posix/errno_text.hpp"

namespace steward::net {

Poller::Poller() = default;
Poller::~Poller() = default;
Poller::Poller(Poller&&) noexcept = default;
Poller& Poller::operator=(Poller&&) noexcept = default;

Poller::Slot Poller::add(const Socket& socket) {
    items_.push_back({socket.handle(), 0, ZMQ_POLLIN, 0});
    // Readable whenever the socket's state may have changed, and until somebody looks.
    fds_.push_back(zmq::socket_ref(zmq::from_handle, socket.handle()).get(zmq::sockopt::fd));
    mirror(EPOLL_CTL_ADD, items_.size() - 1);
    return items_.size() - 1;
}

Poller::Slot Poller::add(int fd) {
    items_.push_back({nullptr, fd, ZMQ_POLLIN, 0});
    fds_.push_back(fd);
    mirror(EPOLL_CTL_ADD, items_.size() - 1);
    return items_.size() - 1;
}

void Poller::watch(Slot slot, bool reading, bool writing) {
    STEWARD_ASSERT(slot < items_.size());
    const auto events =
        static_cast<short>((reading ? ZMQ_POLLIN : 0) | (writing ? ZMQ_POLLOUT : 0));
    if (std::exchange(items_[slot].events, events) != events) {
        mirror(EPOLL_CTL_MOD, slot);
    }
}

// What is closed already has left the mirror by itself.
void Poller::clear() {
    for (Slot slot = 0; slot < items_.size(); ++slot) {
        mirror(EPOLL_CTL_DEL, slot);
    }
    items_.clear();
    fds_.clear();
}

base::Expected<std::size_t> Poller::wait(std::optional<base::Duration> timeout) {
    long milliseconds = -1;
    if (timeout) {
        const auto count = std::chrono::ceil<std::chrono::milliseconds>(*timeout).count();
        milliseconds =
            static_cast<long>(std::clamp<std::int64_t>(count, 0, std::numeric_limits<int>::max()));
    }
    const int ready = zmq_poll(items_.data(), static_cast<int>(items_.size()), milliseconds);
    if (ready >= 0) {
        return static_cast<std::size_t>(ready);
    }
    if (errno != EINTR) {
        return zmq_failed("cannot wait for sockets", errno);
    }
    for (zmq_pollitem_t& item : items_) {
        item.revents = 0;
    }
    return std::size_t{0};
}

base::Expected<std::size_t> Poller::wait_until(std::optional<base::MonoTime> deadline,
                                               base::MonoTime now) {
    if (!deadline) {
        return wait(std::nullopt);
    }
    return wait(std::max(base::Duration::zero(), *deadline - now));
}

bool Poller::is_readable(Slot slot) const {
    STEWARD_ASSERT(slot < items_.size());
    return (items_[slot].revents & (ZMQ_POLLIN | ZMQ_POLLERR)) != 0;
}

base::Expected<void> Poller::open_fd() {
    epoll_ = posix::UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll_.is_open()) {
        return posix::io_error("cannot open an epoll descriptor", errno);
    }
    for (Slot slot = 0; slot < items_.size(); ++slot) {
        mirror(EPOLL_CTL_ADD, slot);
    }
    return {};
}

void Poller::mirror(int operation, Slot slot) {
    if (epoll_.is_open()) {
        const zmq_pollitem_t& item = items_[slot];
        const bool is_socket = item.socket != nullptr;
        epoll_event event{};
        event.events = (is_socket || (item.events & ZMQ_POLLIN) != 0 ? EPOLLIN : 0U) |
                       (!is_socket && (item.events & ZMQ_POLLOUT) != 0 ? EPOLLOUT : 0U);
        ::epoll_ctl(epoll_.get(), operation, fds_[slot], &event);
    }
}

bool Poller::is_ready() {
    return std::ranges::any_of(items_, [](zmq_pollitem_t item) {
        return item.socket != nullptr && zmq_poll(&item, 1, 0) > 0;
    });
}

}  // namespace steward::net
