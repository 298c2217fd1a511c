#include "common/net/poller.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>

#include <zmq.hpp>

#include "common/base/assert.hpp"
#include "common/net/zmq_error.hpp"

namespace steward::net {

Poller::Poller() = default;
Poller::~Poller() = default;
Poller::Poller(Poller&&) noexcept = default;
Poller& Poller::operator=(Poller&&) noexcept = default;

Poller::Slot Poller::add(const Socket& socket) {
    items_.push_back({socket.handle(), 0, ZMQ_POLLIN, 0});
    return items_.size() - 1;
}

Poller::Slot Poller::add(int fd) {
    items_.push_back({nullptr, fd, ZMQ_POLLIN, 0});
    return items_.size() - 1;
}

void Poller::watch(Slot slot, bool reading, bool writing) {
    STEWARD_ASSERT(slot < items_.size());
    items_[slot].events =
        static_cast<short>((reading ? ZMQ_POLLIN : 0) | (writing ? ZMQ_POLLOUT : 0));
}

void Poller::clear() {
    items_.clear();
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

}  // namespace steward::net
