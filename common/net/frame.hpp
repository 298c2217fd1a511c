// common/net, inside: one frame between base::Blob and ZeroMQ's message, copied or shared.
#pragma once

#include <string_view>

#include <zmq.hpp>

#include "common/base/blob.hpp"
#include "common/net/unsent.hpp"

namespace steward::net {

/// The frame's bytes, of which it has `size`; a large frame's memory moves into the Blob, and the
/// frame is empty then.
[[nodiscard]] base::Blob take_blob(zmq::message_t& frame, std::size_t size);

/// Send one frame on the socket `handle`: 0, or -1 with errno set. Never throw.
[[nodiscard]] int send_copy(void* handle, std::string_view bytes, int flags) noexcept;
[[nodiscard]] int send_blob(void* handle, const base::Blob& blob, int flags) noexcept;

/// What a message costs while ZeroMQ has it. Nothing when `account` is null.
struct Charge {
    std::shared_ptr<UnsentAccount> account;
    std::size_t bytes = 0;
};

/// The same, and the charge counts until ZeroMQ lets go of the frame.
[[nodiscard]] int send_charged(void* handle,
                               const base::Blob& blob,
                               int flags,
                               Charge charge) noexcept;

}  // namespace steward::net
