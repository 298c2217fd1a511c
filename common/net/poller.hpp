// common/net: waits until a socket or a descriptor is ready, or an instant has come.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "common/net/socket.hpp"
#include "common/posix/unique_fd.hpp"

struct pollfd;
struct zmq_pollitem_t;

namespace steward::net {

/// A list of what to wait for, kept between waits. What was added must live as long, or until
/// clear().
///
/// Thread: the sockets'.
class Poller {
public:
    using Slot = std::size_t;

    Poller();
    ~Poller();
    Poller(Poller&&) noexcept;
    Poller& operator=(Poller&&) noexcept;

    /// Both wait for reading at first.
    Slot add(const Socket& socket);
    Slot add(int fd);
    void watch(Slot slot, bool reading, bool writing);
    void clear();

    /// Waits at most `timeout` (nothing: for ever; rounded up to a millisecond, so that a deadline
    /// has passed when this returns for it). Returns how many are ready; 0 also for a signal.
    /// A quiet socket is asked only when its descriptor is readable: ZeroMQ's own poll takes two
    /// system calls for each socket, each time.
    /// Errors: Io when the context is ending.
    [[nodiscard]] base::Expected<std::size_t> wait(std::optional<base::Duration> timeout);
    /// The same with an instant; `now` is what the clock says.
    [[nodiscard]] base::Expected<std::size_t> wait_until(std::optional<base::MonoTime> deadline,
                                                         base::MonoTime now);

    [[nodiscard]] bool is_readable(Slot slot) const;

    // ---- waited for by somebody else's loop instead ----
    /// From now on fd() tells when to look. Errors: Io.
    [[nodiscard]] base::Expected<void> open_fd();

    /// Readable while a descriptor is ready. Of a ZeroMQ socket it tells only that something has
    /// changed: after each look is_ready() is to be asked.
    [[nodiscard]] int fd() const { return epoll_.get(); }

    /// Whether a ZeroMQ socket is ready now; descriptors do not count.
    [[nodiscard]] bool is_ready();

private:
    void mirror(int operation, Slot slot);
    [[nodiscard]] base::Expected<bool> ask(Slot slot);
    [[nodiscard]] base::Expected<std::size_t> ask_all_but_quiet();
    [[nodiscard]] base::Expected<std::size_t> poll_once(std::optional<base::Duration> timeout);

    std::vector<zmq_pollitem_t> items_;
    std::vector<int> fds_;                              // of each
    std::vector<std::shared_ptr<bool>> quiet_sockets_;  // whether it is; null: a descriptor
    std::vector<pollfd> polled_;                        // used again
    bool was_interrupted_ = false;                      // the last poll, by a signal
    posix::UniqueFd epoll_;
};

}  // namespace steward::net
