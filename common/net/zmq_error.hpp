// common/net, inside: what cppzmq throws becomes an error value here and goes no further.
#pragma once

#include <string>
#include <string_view>

#include <zmq.hpp>

#include "common/base/expected.hpp"

namespace steward::net {

/// Errc::Io with "<doing>: <ZeroMQ's text>".
[[nodiscard]] base::Unexpected zmq_failed(std::string_view doing, int number);

/// Runs `work`, which returns an Expected, and turns ZeroMQ's exception into its error.
template <class Work>
auto guarded(std::string_view doing, Work&& work) -> decltype(work()) {
    try {
        return work();
    } catch (const zmq::error_t& error) {
        return zmq_failed(doing, error.num());
    }
}

}  // namespace steward::net
