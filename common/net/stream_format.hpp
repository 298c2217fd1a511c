// common/net: how messages lie in a stream of bytes. Pure: no socket.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "common/net/socket.hpp"

namespace steward::net {

/// What the side that connects sends before anything else; the last byte is the format's version.
inline constexpr std::string_view kStreamOpening = "STEWARD\x01";

/// First of the two frames with which the accepting side turns somebody away; the other says why.
inline constexpr std::string_view kStreamRefusal = "STEWARD-REFUSED";

/// Each frame follows a header of four bytes, the most significant first: one bit that tells
/// whether the message goes on after this frame, and the frame's length.
inline constexpr std::size_t kStreamHeaderBytes = 4;
inline constexpr std::uint32_t kStreamMoreBit = 1U << 31U;

using StreamHeader = std::array<char, kStreamHeaderBytes>;

/// Pre: `size` is below 2 GiB.
[[nodiscard]] StreamHeader stream_header(std::size_t size, bool more);

/// Takes a stream apart into messages. Any bytes may be given to it.
///
/// Bound: of a message that is under way, no more than MessageBound is stored. A frame's memory is
/// reserved when its header has come; the system gives it out as the bytes do.
class StreamReader {
public:
    StreamReader(MessageBound bound, bool expects_opening);

    /// The next bytes. Nothing is taken any more after a fault.
    void take(std::string_view bytes);
    /// Where the rest of a large frame belongs: whoever has bytes to read may put them there, and
    /// then says how many to filled(). Empty: any other place does, for take().
    [[nodiscard]] std::span<char> wanted();
    void filled(std::size_t bytes);

    /// The next whole message, or what is wrong with the stream: TooLarge, or Closed for bytes that
    /// are no stream of this kind; both stay. A fault is told when the messages before it are.
    [[nodiscard]] ReceiveStatus next(Frames& frames);

    /// Whether one whole message has come at any time.
    [[nodiscard]] bool has_spoken() const { return ended_ > 0; }

    /// Whole messages that have come.
    [[nodiscard]] std::uint64_t ended() const { return ended_; }

    /// What the message under way has in memory; 0: there is none.
    [[nodiscard]] std::size_t begun_bytes() const;

private:
    [[nodiscard]] std::string_view take_opening(std::string_view bytes);
    [[nodiscard]] std::string_view take_header(std::string_view bytes);
    [[nodiscard]] std::string_view take_body(std::string_view bytes);
    void begin_frame();
    void end_frame(base::Blob frame);

    [[nodiscard]] std::size_t missing() const { return frame_size_ - body_filled_; }

    MessageBound bound_;
    ReceiveStatus fault_ = ReceiveStatus::Nothing;
    std::size_t opening_left_;
    StreamHeader header_{};
    std::size_t header_filled_ = 0;
    // Of the frame whose header is complete:
    std::size_t frame_size_ = 0;
    bool more_ = false;
    std::unique_ptr<char[]> body_;  // only of one that did not come as a whole
    std::size_t body_filled_ = 0;
    Frames frames_;  // of the message under way
    std::size_t message_bytes_ = 0;
    std::vector<Frames> messages_;  // whole ones; those before next_message_ are gone
    std::size_t next_message_ = 0;
    std::uint64_t ended_ = 0;
};

}  // namespace steward::net
