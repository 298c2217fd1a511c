#include "gateway/http/readiness.hpp"

#include <utility>

namespace steward::gateway {

namespace {

std::uint64_t token_of(int fd, std::uint32_t use) {
    return (std::uint64_t{use} << 32U) | static_cast<std::uint32_t>(fd);
}

}  // namespace

Readiness::Readiness(boost::asio::io_context& context)
    : epoll_(context, ::epoll_create1(EPOLL_CLOEXEC)) {}

void Readiness::start() {
    wait();
}

bool Readiness::add(int fd, Tells tells, std::shared_ptr<Watcher> watcher) {
    const auto at = static_cast<std::size_t>(fd);
    if (at >= places_.size()) {
        places_.resize(at + 1);
    }
    epoll_event event{};
    event.events = EPOLLRDHUP | EPOLLET;
    if (tells == Tells::All) {
        event.events |= EPOLLIN | EPOLLOUT;
    }
    event.data.u64 = token_of(fd, ++places_[at].use);
    if (::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, fd, &event) != 0) {
        return false;
    }
    places_[at].watcher = std::move(watcher);
    return true;
}

std::shared_ptr<Readiness::Watcher> Readiness::remove(int fd) {
    const auto at = static_cast<std::size_t>(fd);
    if (at >= places_.size() || places_[at].watcher == nullptr) {
        return nullptr;
    }
    ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, fd, nullptr);
    return std::exchange(places_[at].watcher, nullptr);
}

void Readiness::clear() {
    const std::vector<Place> let_go = std::exchange(places_, {});
}

void Readiness::wait() {
    epoll_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                      [self = weak_from_this()](const boost::system::error_code& error) {
                          if (const auto here = self.lock(); here != nullptr && !error) {
                              here->tell();
                              here->wait();
                          }
                      });
}

// Who is told may end others of the same lot, and open new ones in their places.
void Readiness::tell() {
    const int count =
        ::epoll_wait(epoll_.native_handle(), events_.data(), static_cast<int>(events_.size()), 0);
    for (std::size_t i = 0; count > 0 && i < static_cast<std::size_t>(count); ++i) {
        const epoll_event& event = events_.at(i);
        const auto at = static_cast<std::size_t>(event.data.u64 & 0xffff'ffffU);
        if (at >= places_.size() || places_[at].use != event.data.u64 >> 32U) {
            continue;
        }
        if (const auto watcher = places_[at].watcher) {
            const bool is_gone = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
            watcher->on_edges({is_gone || (event.events & (EPOLLIN | EPOLLRDHUP)) != 0,
                               is_gone || (event.events & EPOLLOUT) != 0,
                               is_gone || (event.events & EPOLLRDHUP) != 0,
                               is_gone});
        }
    }
}

}  // namespace steward::gateway
