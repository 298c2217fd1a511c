// common/net, inside: one frame between base::Blob and ZeroMQ's message, copied or shared.
#pragma once

#include <string_view>

#include <zmq.hpp>

#include "common/base/blob.hpp"

namespace steward::net {

/// The frame's bytes; a large frame's memory moves into the Blob. `frame` is void afterwards.
[[nodiscard]] base::Blob take_blob(zmq::message_t& frame);

/// Send one frame on the socket `handle`: 0, or -1 with errno set. Never throw.
[[nodiscard]] int send_copy(void* handle, std::string_view bytes, int flags) noexcept;
[[nodiscard]] int send_blob(void* handle, const base::Blob& blob, int flags) noexcept;

}  // namespace steward::net
