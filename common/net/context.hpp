// common/net: ZeroMQ's I/O threads, owned. This room is the only door to ZeroMQ and knows no jobs.
#pragma once

#include <memory>

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

private:
    explicit Context(std::unique_ptr<zmq::context_t> inner);
    std::unique_ptr<zmq::context_t> inner_;
};

}  // namespace steward::net
