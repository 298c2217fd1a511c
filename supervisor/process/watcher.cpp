#include "supervisor/process/watcher.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <utility>

#include "common/posix/errno_text.hpp"

namespace steward::supervisor {
namespace {

constexpr std::size_t kEventsAtOnce = 64;

}  // namespace

base::Expected<Watcher> Watcher::open() {
    posix::UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll.is_open()) {
        return posix::io_error("cannot make an epoll", errno);
    }
    return Watcher(std::move(epoll));
}

base::Expected<Watcher::Token> Watcher::watch(int fd, std::function<void()> readable) {
    const Token token = ++last_token_;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = token;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
        return posix::io_error("cannot watch a descriptor", errno);
    }
    entries_.emplace(token, Entry{fd, std::move(readable)});
    return token;
}

void Watcher::forget(Token token) {
    if (const auto entry = entries_.find(token); entry != entries_.end()) {
        ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, entry->second.fd, nullptr);
        entries_.erase(entry);
    }
}

base::Expected<void> Watcher::wait(std::optional<base::Duration> timeout) {
    int milliseconds = -1;
    if (timeout) {
        const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(*timeout).count();
        milliseconds = static_cast<int>(std::clamp<std::int64_t>(rounded, 0, 1'000'000));
    }
    std::array<epoll_event, kEventsAtOnce> events{};
    const int ready =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), milliseconds);
    if (ready < 0 && errno != EINTR) {
        return posix::io_error("cannot wait", errno);
    }
    for (int i = 0; i < ready; ++i) {
        // A copy: the kernel's structure is packed, nothing may refer into it.
        const std::uint64_t token = events[static_cast<std::size_t>(i)].data.u64;
        const auto entry = entries_.find(token);
        if (entry != entries_.end()) {
            const auto readable = entry->second.readable;  // it may forget itself
            readable();
        }
    }
    return {};
}

}  // namespace steward::supervisor
