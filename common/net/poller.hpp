// common/net: waits until a socket or a descriptor is ready, or an instant has come.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "common/net/socket.hpp"

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
    /// Errors: Io when the context is ending.
    [[nodiscard]] base::Expected<std::size_t> wait(std::optional<base::Duration> timeout);
    /// The same with an instant; `now` is what the clock says.
    [[nodiscard]] base::Expected<std::size_t> wait_until(std::optional<base::MonoTime> deadline,
                                                         base::MonoTime now);

    [[nodiscard]] bool is_readable(Slot slot) const;

private:
    std::vector<zmq_pollitem_t> items_;
};

}  // namespace steward::net
