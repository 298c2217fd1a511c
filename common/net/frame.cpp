#include "common/net/frame.hpp"

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "common/net/socket.hpp"

namespace steward::net {
namespace {

void release_message(void* owner) {
    delete static_cast<zmq::message_t*>(owner);
}

// Lives as long as ZeroMQ has the frame.
struct Lent {
    base::Blob blob;
    Charge charge;
};

// Runs on ZeroMQ's I/O thread when the bytes have left.
void release_lent(void* /*bytes*/, void* owner) {
    const std::unique_ptr<Lent> lent(static_cast<Lent*>(owner));
    if (lent->charge.account != nullptr) {
        lent->charge.account->remove(lent->charge.bytes);
    }
}

int send_message(void* handle, zmq_msg_t& message, int flags) noexcept {
    if (zmq_msg_send(&message, handle, flags) >= 0) {
        return 0;
    }
    const int number = errno;
    zmq_msg_close(&message);
    errno = number;
    return -1;
}

}  // namespace

base::Blob take_blob(zmq::message_t& frame, std::size_t size) {
    const std::string_view bytes(static_cast<const char*>(frame.data()), size);
    if (bytes.size() <= kCopyBytesMax) {
        return base::Blob::copy(bytes);
    }
    // The bytes of a large frame stay where they are when its handle moves.
    auto* owner = new zmq::message_t(std::move(frame));
    return base::Blob::adopt(bytes, owner, &release_message);
}

int send_copy(void* handle, std::string_view bytes, int flags) noexcept {
    zmq_msg_t message;
    if (zmq_msg_init_size(&message, bytes.size()) != 0) {
        return -1;
    }
    if (!bytes.empty()) {
        std::memcpy(zmq_msg_data(&message), bytes.data(), bytes.size());
    }
    return send_message(handle, message, flags);
}

int send_blob(void* handle, const base::Blob& blob, int flags) noexcept {
    return blob.size() <= kCopyBytesMax ? send_copy(handle, blob.view(), flags)
                                        : send_charged(handle, blob, flags, {});
}

int send_charged(void* handle, const base::Blob& blob, int flags, Charge charge) noexcept {
    const std::string_view bytes = blob.view();
    if (charge.account != nullptr) {
        charge.account->add(charge.bytes);
    }
    zmq_msg_t message;
    // NOLINTNEXTLINE(bugprone-unhandled-exception-at-new): out of memory ends the process
    auto* owner = new Lent{blob, std::move(charge)};
    if (zmq_msg_init_data(&message,
                          const_cast<char*>(bytes.data()),  // ZeroMQ's type; it only reads
                          bytes.size(),
                          &release_lent,
                          owner) != 0) {
        const int number = errno;
        release_lent(nullptr, owner);
        errno = number;
        return -1;
    }
    return send_message(handle, message, flags);
}

}  // namespace steward::net
