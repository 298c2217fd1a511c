// common/net: one stream socket that carries whole messages both ways without blocking. Both ends
// of a stream are one of these.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/blob.hpp"
#include "common/base/time.hpp"
#include "common/net/framing.hpp"
#include "common/net/socket.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::net {

/// Blocks: never, but for flush_until().  Thread: one at a time.
/// Bound: unsent bytes up to kUnsentBytesMax and one message, and kGatheredBytesMax.
class StreamSocket {
public:
    /// A message is refused while more than this waits for the other end to read.
    static constexpr std::size_t kUnsentBytesMax = 1UL << 20U;

    /// A small message may wait for others up to so many bytes: see gather().
    static constexpr std::size_t kGatheredBytesMax = 64UL << 10U;

    /// `fd` does not block.
    StreamSocket(posix::UniqueFd fd, std::unique_ptr<Framing> framing);

    /// WouldBlock: nothing of it was taken; Closed: the other end is gone.
    [[nodiscard]] SendStatus send(const Frames& frames);
    /// The same, but a small message may leave only with the next flush(), together with others.
    [[nodiscard]] SendStatus gather(const Frames& frames);
    /// Sends what an earlier send() or gather() left over, as much as the other end takes.
    void flush();
    /// Sends what makes the other end show that it lives, where the format has such a thing.
    void ping(base::Duration silence);
    /// The same, and waits for the other end at most until `deadline`.
    void flush_until(base::MonoTime deadline);

    [[nodiscard]] bool has_gathered() const { return !gathered_.empty(); }

    /// Of what was gathered, only what a flush() left over.
    [[nodiscard]] bool has_unsent() const { return unsent_bytes_ > 0; }

    [[nodiscard]] std::size_t unsent_bytes() const { return unsent_bytes_; }

    /// Bytes that the system has taken so far.
    [[nodiscard]] std::uint64_t written() const { return written_; }

    /// Bytes that have come so far.
    [[nodiscard]] std::uint64_t taken_in() const { return taken_in_; }

    /// The next whole message. `scratch`: memory to read into, any size. Nothing: wait until the
    /// descriptor is readable. Closed: the other end is gone, or is none of this kind; what it had
    /// sent is told before. TooLarge: the stream cannot go on.
    [[nodiscard]] ReceiveStatus receive(std::span<char> scratch, Frames& frames);

    [[nodiscard]] bool is_introduced() const { return framing_->is_introduced(); }

    /// What the other end calls itself; empty: nothing.
    [[nodiscard]] std::string_view name() const { return framing_->name(); }

    /// Whether receive() has a message without reading.
    [[nodiscard]] bool has_read() const { return framing_->has_next(); }

    /// Whole messages that have come.
    [[nodiscard]] std::uint64_t ended() const { return framing_->ended(); }

    /// What a message that has not ended yet has in memory.
    [[nodiscard]] std::size_t begun_bytes() const { return framing_->begun_bytes(); }

    /// Nothing can be sent any more; what the other end had sent can still be received.
    [[nodiscard]] bool is_cut() const { return !can_write_; }

    [[nodiscard]] int fd() const { return fd_.get(); }

private:
    [[nodiscard]] bool read(std::span<char> scratch);
    void keep(std::string_view bytes);
    void give_gathered();
    void reply();
    void keep_rest(const Frames& frames, std::size_t sent);
    void forget_sent();
    [[nodiscard]] std::size_t write_unsent();

    posix::UniqueFd fd_;
    std::unique_ptr<Framing> framing_;
    std::string gathered_;            // leaves after what is unsent
    std::vector<base::Blob> unsent_;  // those before next_unsent_ are gone
    std::size_t next_unsent_ = 0;
    std::size_t first_sent_ = 0;  // of the first unsent piece
    std::size_t unsent_bytes_ = 0;
    std::uint64_t written_ = 0;
    std::uint64_t taken_in_ = 0;
    bool can_write_ = true;
    bool can_read_ = true;
    bool is_drained_ = false;  // the last read took all that was there
};

}  // namespace steward::net
