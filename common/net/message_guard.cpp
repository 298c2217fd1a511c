#include "common/net/message_guard.hpp"

#include <algorithm>
#include <fcntl.h>
#include <optional>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <utility>

#include <zmq.hpp>

#include "common/net/monitor_events.hpp"
#include "common/net/tcp_address.hpp"
#include "common/net/tcp_bytes.hpp"
#include "common/posix/resident_memory.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::net {
namespace {

constexpr int kKinds = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED;

// Without what is unread.
std::optional<TakenIn> received_by(int fd) {
    const auto bytes = tcp_bytes(fd);
    return bytes ? std::optional(TakenIn{bytes->received, bytes->segments, 0}) : std::nullopt;
}

std::uint64_t unread_at(int fd) {
    int bytes = 0;
    return ::ioctl(fd, FIONREAD, &bytes) == 0 && bytes > 0 ? static_cast<std::uint64_t>(bytes) : 0;
}

// The number that the system gives a socket, and no other ever.
std::uint64_t cookie_of(int fd) {
    std::uint64_t cookie = 0;
    socklen_t size = sizeof cookie;
    return ::getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0 ? cookie : 0;
}

// Connecting to nothing resets a connection at once, with what was not read. shutdown() would not:
// what still comes would be read before the end is seen.
bool reset_connection(int fd) {
    sockaddr nowhere{};
    nowhere.sa_family = AF_UNSPEC;
    return ::connect(fd, &nowhere, sizeof nowhere) == 0;
}

// A second descriptor keeps what it stands for from becoming another's while it is looked at.
// ZeroMQ sees an error of the connection and throws away what it had begun.
std::optional<std::string> end_connection(int fd, std::uint64_t cookie) {
    const posix::UniqueFd held(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (!held.is_open() || cookie == 0 || cookie_of(held.get()) != cookie) {
        return std::nullopt;
    }
    std::string address = tcp_peer_of(held.get());
    return reset_connection(held.get()) ? std::optional(std::move(address)) : std::nullopt;
}

}  // namespace

base::Expected<MessageGuard> MessageGuard::open(Context& context,
                                                Socket& watched,
                                                const UnfinishedBounds& bounds) {
    auto events = begin_monitor(context, watched, kKinds, MonitorQueue::Unbounded);
    if (!events) {
        return base::Unexpected(std::move(events.error()));
    }
    return MessageGuard(std::move(*events), watched.handle(), bounds);
}

MessageGuard::MessageGuard(Socket events, void* watched, const UnfinishedBounds& bounds)
    : events_(std::move(events)), watched_(watched), unfinished_(bounds) {}

MessageGuard::MessageGuard(MessageGuard&& other) noexcept
    : events_(std::move(other.events_)),
      watched_(std::exchange(other.watched_, nullptr)),
      unfinished_(std::move(other.unfinished_)),
      next_look_(other.next_look_),
      next_all_(other.next_all_),
      next_noticed_(other.next_noticed_),
      next_growth_(other.next_growth_),
      resident_(other.resident_) {}

MessageGuard::~MessageGuard() {
    if (watched_ != nullptr) {
        end_monitor(watched_);
    }
}

std::vector<UnfinishedCut> MessageGuard::look(base::MonoTime now) {
    std::vector<UnfinishedCut> cuts;
    if (now < next_look_ && !unfinished_.is_sure()) {
        return cuts;
    }
    for (const Unfinished::Verdict& verdict : unfinished_.judge()) {
        if (auto address = end_connection(verdict.fd, verdict.tag)) {
            cuts.push_back({std::move(*address), verdict.bytes, verdict.is_total});
        }
        unfinished_.closed(verdict.fd);
    }
    if (now < next_look_) {
        return cuts;
    }
    read_events(now);
    next_look_ = now + kPause;
    if (unfinished_.is_waiting()) {
        return cuts;  // new samples would begin the waiting anew
    }
    if (now >= next_all_ || has_grown(now)) {
        sample_all(now);
    } else if (now >= next_noticed_) {
        sample_noticed(now);
    }
    unfinished_.judge_from_here(posix::resident_bytes().value_or(0));
    return cuts;
}

void MessageGuard::read_events(base::MonoTime now) {
    while (const auto event = next_event(events_)) {
        const int fd = static_cast<int>(event->value);
        if (event->kind == ZMQ_EVENT_ACCEPTED) {
            unfinished_.opened(fd, cookie_of(fd), now);
        } else {
            unfinished_.closed(fd);
        }
    }
}

// Memory is where what has not ended lies: where it does not grow, there is time. With many
// connections looking at them all takes long, so not more often than is worth it.
bool MessageGuard::has_grown(base::MonoTime now) {
    if (now < next_growth_ || unfinished_.size() == 0) {
        return false;
    }
    const auto resident = posix::resident_bytes();
    if (!resident) {
        return false;
    }
    resident_ = std::min(resident_, *resident);
    return *resident > resident_ + kGrowthBytes;
}

void MessageGuard::sample_all(base::MonoTime now) {
    for (const int fd : unfinished_.all()) {
        if (const auto taken = received_by(fd)) {
            unfinished_.sampled(fd, *taken, now);
        } else {
            unfinished_.closed(fd);
        }
    }
    sample_noticed(now);
    const auto each = kPauseEach * static_cast<std::int64_t>(unfinished_.size());
    next_all_ = now + std::max(kPauseAll, each);
    next_growth_ = now + each / 10;
    resident_ = posix::resident_bytes().value_or(0);
}

void MessageGuard::sample_noticed(base::MonoTime now) {
    const std::vector<int> noticed = unfinished_.noticed();
    for (const int fd : noticed) {
        auto taken = received_by(fd);
        if (!taken) {
            unfinished_.closed(fd);
            continue;
        }
        taken->unread = unread_at(fd);
        unfinished_.sampled(fd, *taken, now);
    }
    next_noticed_ = now + kPauseEach * static_cast<std::int64_t>(noticed.size());
}

}  // namespace steward::net
