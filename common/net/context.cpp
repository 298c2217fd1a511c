#include "common/net/context.hpp"

#include <zmq.hpp>

#include "common/net/zmq_error.hpp"

namespace steward::net {

base::Expected<Context> Context::open(int io_threads) {
    return guarded("cannot start ZeroMQ", [&]() -> base::Expected<Context> {
        return Context(std::make_unique<zmq::context_t>(io_threads));
    });
}

Context::Context(std::unique_ptr<zmq::context_t> inner) : inner_(std::move(inner)) {}

Context::Context(Context&&) noexcept = default;
Context::~Context() = default;

}  // namespace steward::net
