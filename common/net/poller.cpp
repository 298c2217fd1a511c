#include "common/net/poller.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <poll.h>
#include <sys/epoll.h>
#include <utility>

#include <zmq.hpp>

#include "common/base/assert.hpp"
#include "common/net/zmq_error.hpp"
#include "common/posix/clock.hpp"
#include "common/posix/errno_text.hpp"

namespace steward::net {

Poller::Poller() = default;
Poller::~Poller() = default;
Poller::Poller(Poller&&) noexcept = default;
Poller& Poller::operator=(Poller&&) noexcept = default;

Poller::Slot Poller::add(const Socket& socket) {
    items_.push_back({socket.handle(), 0, ZMQ_POLLIN, 0});
    quiet_sockets_.push_back(socket.is_quiet_);
    // Readable whenever the socket's state may have changed, and until somebody looks.
    fds_.push_back(zmq::socket_ref(zmq::from_handle, socket.handle()).get(zmq::sockopt::fd));
    mirror(EPOLL_CTL_ADD, items_.size() - 1);
    return items_.size() - 1;
}

Poller::Slot Poller::add(int fd) {
    items_.push_back({nullptr, fd, ZMQ_POLLIN, 0});
    fds_.push_back(fd);
    quiet_sockets_.emplace_back();
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
    quiet_sockets_.clear();
}

base::Expected<std::size_t> Poller::wait(std::optional<base::Duration> timeout) {
    std::optional<base::MonoTime> until;
    if (timeout) {
        until = posix::read_mono() + *timeout;
    }
    for (;;) {
        auto ready = ask_all_but_quiet();
        if (!ready) {
            return ready;
        }
        const bool is_to_wait = *ready == 0;
        auto polled = poll_once(is_to_wait ? timeout : base::Duration::zero());
        if (!polled) {
            return polled;
        }
        *ready += *polled;
        if (*ready > 0 || was_interrupted_) {
            return ready;
        }
        if (until) {
            timeout = *until - posix::read_mono();
            if (*timeout <= base::Duration::zero()) {
                return ready;
            }
        }
    }
}

// Whether the socket is ready for what is waited for. From then on its descriptor tells of changes.
base::Expected<bool> Poller::ask(Slot slot) {
    zmq_pollitem_t& item = items_[slot];
    int events = 0;
    std::size_t size = sizeof events;
    const bool is_asked = zmq_getsockopt(item.socket, ZMQ_EVENTS, &events, &size) == 0;
    if (!is_asked && errno != EINTR) {
        return zmq_failed("cannot wait for sockets", errno);
    }
    *quiet_sockets_[slot] = is_asked && (events & ZMQ_POLLIN) == 0;
    item.revents = static_cast<short>(events & item.events);
    return item.revents != 0;
}

base::Expected<std::size_t> Poller::ask_all_but_quiet() {
    std::size_t ready = 0;
    for (Slot slot = 0; slot < items_.size(); ++slot) {
        zmq_pollitem_t& item = items_[slot];
        item.revents = 0;
        const bool is_quiet = item.socket == nullptr || item.events == 0 ||
                              (*quiet_sockets_[slot] && (item.events & ZMQ_POLLOUT) == 0);
        if (is_quiet) {
            continue;
        }
        const auto is_ready = ask(slot);
        if (!is_ready) {
            return base::Unexpected(is_ready.error());
        }
        ready += *is_ready ? 1U : 0U;
    }
    return ready;
}

// Adds those of which descriptors tell.
base::Expected<std::size_t> Poller::poll_once(std::optional<base::Duration> timeout) {
    int milliseconds = -1;
    if (timeout) {
        const auto count = std::chrono::ceil<std::chrono::milliseconds>(*timeout).count();
        milliseconds =
            static_cast<int>(std::clamp<std::int64_t>(count, 0, std::numeric_limits<int>::max()));
    }
    polled_.clear();
    for (Slot slot = 0; slot < items_.size(); ++slot) {
        const zmq_pollitem_t& item = items_[slot];
        const bool is_socket = item.socket != nullptr;
        pollfd one{item.events == 0 ? -1 : fds_[slot], 0, 0};
        one.events =
            static_cast<short>((is_socket || (item.events & ZMQ_POLLIN) != 0 ? POLLIN : 0) |
                               (!is_socket && (item.events & ZMQ_POLLOUT) != 0 ? POLLOUT : 0));
        polled_.push_back(one);
    }
    was_interrupted_ = false;
    if (::poll(polled_.data(), polled_.size(), milliseconds) < 0) {
        was_interrupted_ = errno == EINTR;
        return was_interrupted_ ? base::Expected<std::size_t>(0)
                                : posix::io_error("cannot wait for descriptors", errno);
    }
    std::size_t ready = 0;
    for (Slot slot = 0; slot < items_.size(); ++slot) {
        zmq_pollitem_t& item = items_[slot];
        const short events = polled_[slot].revents;
        if (events == 0 || item.revents != 0) {
            continue;
        }
        if (item.socket == nullptr) {
            item.revents =
                static_cast<short>(((events & POLLIN) != 0 ? ZMQ_POLLIN : 0) |
                                   ((events & POLLOUT) != 0 ? ZMQ_POLLOUT : 0) |
                                   ((events & ~(POLLIN | POLLOUT)) != 0 ? ZMQ_POLLERR : 0));
        } else if (const auto is_ready = ask(slot); !is_ready) {
            return base::Unexpected(is_ready.error());
        }
        ready += item.revents != 0 ? 1U : 0U;
    }
    return ready;
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
    bool is_any = false;
    for (Slot slot = 0; slot < items_.size() && !is_any; ++slot) {
        is_any = items_[slot].socket != nullptr && ask(slot).value_or(false);
    }
    return is_any;
}

}  // namespace steward::net
