#include "common/net/stream_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <utility>

#include "common/base/assert.hpp"
#include "common/posix/clock.hpp"

namespace steward::net {
namespace {

// Pieces given to the system in one call; a message has fewer, but for one of many frames.
constexpr std::size_t kPiecesPerCall = 64;
constexpr std::size_t kForgetSentFrom = 1024;
// Of each connection, for what it is sent next.
constexpr std::size_t kGatheredBytesKept = 4096;

using Pieces = std::array<iovec, kPiecesPerCall>;

iovec piece(std::string_view bytes) {
    return {const_cast<char*>(bytes.data()), bytes.size()};  // the system's type; it only reads
}

// -1 with errno set.
ssize_t write_pieces(int fd, Pieces& pieces, std::size_t count) {
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = count;
    ssize_t written = 0;
    do {
        written = ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (written < 0 && errno == EINTR);
    return written;
}

}  // namespace

StreamSocket::StreamSocket(posix::UniqueFd fd, std::unique_ptr<Framing> framing)
    : fd_(std::move(fd)), framing_(std::move(framing)), gathered_(framing_->take_reply()) {
    flush();
}

// ---- out ----

void StreamSocket::keep(std::string_view bytes) {
    if (unsent_.empty()) {
        first_sent_ = 0;
    }
    unsent_.push_back(base::Blob::copy(bytes));
    unsent_bytes_ += bytes.size();
}

SendStatus StreamSocket::gather(const Frames& frames) {
    if (!can_write_) {
        return SendStatus::Closed;
    }
    std::size_t bytes = 0;
    for (const base::Blob& frame : frames) {
        bytes += FrameHead::kBytesMax + frame.size();
    }
    if (has_unsent() || gathered_.size() + bytes > kGatheredBytesMax) {
        return send(frames);
    }
    for (std::size_t i = 0; i < frames.size(); ++i) {
        gathered_ += framing_->head_of(frames[i].size(), i + 1 < frames.size()).view();
        gathered_ += frames[i].view();
    }
    return SendStatus::Sent;
}

void StreamSocket::give_gathered() {
    std::size_t taken = 0;
    if (!has_unsent()) {
        Pieces pieces;
        pieces[0] = piece(gathered_);
        const ssize_t sent = write_pieces(fd_.get(), pieces, 1);
        can_write_ = sent >= 0 || errno == EAGAIN;
        taken = static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
        written_ += taken;
    }
    if (taken < gathered_.size()) {
        keep(std::string_view(gathered_).substr(taken));
    }
    if (gathered_.capacity() > kGatheredBytesKept) {
        gathered_ = {};
    }
    gathered_.clear();
}

void StreamSocket::ping(base::Duration silence) {
    gathered_ += framing_->ping(silence);
    flush();
}

// Who asks and does not read the answers gets no more of them.
void StreamSocket::reply() {
    const std::string bytes = framing_->take_reply();
    if (!bytes.empty() && unsent_bytes_ <= kUnsentBytesMax) {
        gathered_ += bytes;
        flush();
    }
}

SendStatus StreamSocket::send(const Frames& frames) {
    STEWARD_ASSERT(!frames.empty());
    flush();
    if (!can_write_) {
        return SendStatus::Closed;
    }
    if (unsent_bytes_ > kUnsentBytesMax) {
        return SendStatus::WouldBlock;
    }
    if (has_unsent() || 2 * frames.size() > kPiecesPerCall) {
        keep_rest(frames, 0);
        flush();
        return SendStatus::Sent;
    }
    std::array<FrameHead, kPiecesPerCall / 2> heads;
    Pieces pieces;
    std::size_t count = 0;
    for (std::size_t i = 0; i < frames.size(); ++i) {
        heads[i] = framing_->head_of(frames[i].size(), i + 1 < frames.size());
        pieces[count++] = piece(heads[i].view());
        pieces[count++] = piece(frames[i].view());
    }
    const ssize_t sent = write_pieces(fd_.get(), pieces, count);
    if (sent < 0 && errno != EAGAIN) {
        can_write_ = false;
        return SendStatus::Closed;
    }
    const auto taken = static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
    written_ += taken;
    keep_rest(frames, taken);
    return SendStatus::Sent;
}

// What follows the first `sent` bytes of the message. Large frames are shared, not copied.
void StreamSocket::keep_rest(const Frames& frames, std::size_t sent) {
    const auto keep_after = [&](const base::Blob& bytes) {
        if (sent >= bytes.size()) {
            sent -= bytes.size();
            return;
        }
        if (unsent_.empty()) {
            first_sent_ = sent;
        }
        unsent_bytes_ += bytes.size() - sent;
        unsent_.push_back(bytes);
        sent = 0;
    };
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const FrameHead head = framing_->head_of(frames[i].size(), i + 1 < frames.size());
        if (sent >= head.size + frames[i].size()) {
            sent -= head.size + frames[i].size();
            continue;
        }
        keep_after(base::Blob::copy(head.view()));
        keep_after(frames[i]);
    }
}

void StreamSocket::flush() {
    if (has_gathered() && can_write_) {
        give_gathered();
    }
    while (can_write_ && has_unsent() && write_unsent() > 0) {
    }
}

// How much was written; nothing when the other end takes no more.
std::size_t StreamSocket::write_unsent() {
    Pieces pieces;
    std::size_t count = 0;
    for (std::size_t i = next_unsent_; i < unsent_.size() && count < kPiecesPerCall; ++i) {
        const std::string_view bytes = unsent_[i].view();
        pieces[count] = piece(count == 0 ? bytes.substr(first_sent_) : bytes);
        ++count;
    }
    const ssize_t written = write_pieces(fd_.get(), pieces, count);
    if (written < 0) {
        can_write_ = errno == EAGAIN;
        return 0;
    }
    const auto bytes = static_cast<std::size_t>(written);
    written_ += bytes;
    unsent_bytes_ -= bytes;
    first_sent_ += bytes;
    while (has_unsent() && first_sent_ >= unsent_[next_unsent_].size()) {
        first_sent_ -= unsent_[next_unsent_].size();
        unsent_[next_unsent_++] = {};
    }
    forget_sent();
    return bytes;
}

// In large steps: a peer that is never quite up to date must not make the list grow.
void StreamSocket::forget_sent() {
    if (!has_unsent()) {
        unsent_.clear();
        next_unsent_ = 0;
    } else if (next_unsent_ >= kForgetSentFrom && next_unsent_ * 2 >= unsent_.size()) {
        unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(next_unsent_));
        next_unsent_ = 0;
    }
}

void StreamSocket::flush_until(base::MonoTime deadline) {
    flush();
    for (auto now = posix::read_mono(); can_write_ && has_unsent() && now < deadline;
         now = posix::read_mono()) {
        pollfd item{fd_.get(), POLLOUT, 0};
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count();
        if (::poll(&item, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000))) < 0 &&
            errno != EINTR) {
            return;
        }
        flush();
    }
}

// ---- in ----

ReceiveStatus StreamSocket::receive(std::span<char> scratch, Frames& frames) {
    for (;;) {
        const ReceiveStatus status = framing_->next(frames);
        if (status != ReceiveStatus::Nothing) {
            return status;
        }
        if (!can_read_) {
            return ReceiveStatus::Closed;
        }
        if (!read(scratch)) {
            return ReceiveStatus::Nothing;
        }
    }
}

// False when nothing came. What comes in one piece is less than was asked for: the system has no
// more, and asking again would only cost a call.
bool StreamSocket::read(std::span<char> scratch) {
    if (std::exchange(is_drained_, false)) {
        return false;
    }
    const std::span<char> wanted = framing_->wanted();
    const std::span<char> place = wanted.empty() ? scratch : wanted;
    ssize_t count = 0;
    do {
        count = ::recv(fd_.get(), place.data(), place.size(), MSG_DONTWAIT);
    } while (count < 0 && errno == EINTR);
    if (count < 0 && errno == EAGAIN) {
        return false;
    }
    if (count <= 0) {
        can_read_ = false;
        can_write_ = false;
        return true;
    }
    const auto bytes = static_cast<std::size_t>(count);
    taken_in_ += bytes;
    is_drained_ = bytes < place.size();
    if (wanted.empty()) {
        framing_->take({scratch.data(), bytes});
    } else {
        framing_->filled(bytes);
    }
    reply();
    return true;
}

}  // namespace steward::net
