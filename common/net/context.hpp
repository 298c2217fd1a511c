// common/net: ZeroMQ's I/O threads, owned. This room is the only door to ZeroMQ and knows no jobs.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "common/base/expected.hpp"

namespace zmq {
class context_t;
}

namespace steward::net {

/// Outlives every socket made with it. Its end waits until what was sent has left, or the sockets'
/// linger has passed.
///
/// Thread: any.
class Context {
public:
    /// One I/O thread moves about a gigabyte a second.
    /// Errors: Io when the process is out of descriptors.
    [[nodiscard]] static base::Expected<Context> open(int io_threads = 1);
    ~Context();
    Context(Context&&) noexcept;
    Context& operator=(Context&&) = delete;

    [[nodiscard]] zmq::context_t& inner() { return *inner_; }

    /// Local streams that turned somebody away: the next connection goes over ZeroMQ.
    struct TurnedAway {
        std::mutex mutex;
        std::set<std::string> names;
    };

    [[nodiscard]] const std::shared_ptr<TurnedAway>& turned_away() const { return turned_away_; }

private:
    explicit Context(std::unique_ptr<zmq::context_t> inner);
    std::unique_ptr<zmq::context_t> inner_;
    std::shared_ptr<TurnedAway> turned_away_ = std::make_shared<TurnedAway>();
};

}  // namespace steward::net
