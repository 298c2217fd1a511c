#include "common/posix/notify.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/whole_number.hpp"

namespace steward::posix {
namespace {

// A watcher's queue is short: ten datagrams, as Linux is set by default, for all that it watches.
constexpr base::Duration kSayAgain = std::chrono::milliseconds(100);

std::optional<std::uint64_t> number_of(const char* text) {
    return text == nullptr ? std::nullopt : base::parse_whole<std::uint64_t>(text);
}

// A path, or with '@' a name in the abstract namespace. An open socket is connected.
UniqueFd connect_to(std::string_view name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (name.size() < 2 || name.size() >= sizeof address.sun_path) {
        return {};
    }
    std::ranges::copy(name, address.sun_path);
    if (name.front() == '@') {
        address.sun_path[0] = '\0';
    }
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
    if (!socket.is_open() || ::connect(socket.get(), generic, length) != 0) {
        return {};
    }
    return socket;
}

}  // namespace

Notify Notify::from_environment(char* (*look_up)(const char*)) {
    Notify notify;
    const char* name = look_up("NOTIFY_SOCKET");
    if (name == nullptr) {
        return notify;
    }
    notify.socket_ = connect_to(name);
    // Inherited by somebody's child, the variable means its parent.
    const auto pid = number_of(look_up("WATCHDOG_PID"));
    const auto limit = number_of(look_up("WATCHDOG_USEC"));
    const bool is_meant = !pid || *pid == static_cast<std::uint64_t>(::getpid());
    if (notify.socket_.is_open() && is_meant && limit && *limit > 1) {
        notify.interval_ = base::Duration(*limit / 2);
    }
    return notify;
}

// False: there is no room, now. What fails in another way would fail again.
bool Notify::send(std::string_view what) const noexcept {
    return ::send(socket_.get(), what.data(), what.size(), MSG_NOSIGNAL) >= 0 ||
           (errno != EAGAIN && errno != ENOBUFS);
}

void Notify::say(std::string_view what) {
    if (!socket_.is_open()) {
        return;
    }
    send_unsaid();
    if ((unsaid_.empty() && send(what)) || std::ranges::find(unsaid_, what) != unsaid_.end()) {
        return;
    }
    if (unsaid_.size() == kUnsaidMax) {
        unsaid_.erase(unsaid_.begin());
    }
    unsaid_.emplace_back(what);
}

void Notify::send_unsaid() noexcept {
    const auto first_unsent =
        std::ranges::find_if_not(unsaid_, [this](const std::string& what) { return send(what); });
    unsaid_.erase(unsaid_.begin(), first_unsent);
}

std::optional<base::MonoTime> Notify::beat(base::MonoTime now) {
    send_unsaid();
    if (interval_ && (!next_ || now >= *next_)) {
        // One that found no room must not cost half of the time that the watcher allows.
        next_ = now + (send("WATCHDOG=1") ? *interval_ : std::min(*interval_, kSayAgain));
    }
    if (unsaid_.empty()) {
        return next_;
    }
    const base::MonoTime again = now + kSayAgain;
    return next_ ? std::min(*next_, again) : again;
}

}  // namespace steward::posix
