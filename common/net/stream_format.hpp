// common/net: how native messages lie in a stream of bytes. Pure: no socket.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/net/framing.hpp"

namespace steward::net {

/// What the side that connects sends before anything else; the last byte is the format's version.
inline constexpr std::string_view kStreamOpening = "STEWARD\x01";

/// First of the two frames with which the accepting side turns somebody away; the other says why.
inline constexpr std::string_view kStreamRefusal = "STEWARD-REFUSED";

/// Each frame follows a head of four bytes, the most significant first: one bit that tells whether
/// the message goes on after this frame, and the frame's length.
inline constexpr std::size_t kStreamHeadBytes = 4;
inline constexpr std::uint32_t kStreamMoreBit = 1U << 31U;

class StreamFraming final : public Framing {
public:
    enum class End : std::uint8_t { Connecting, Accepting };

    /// The connecting end sends the opening, the accepting one wants it.
    StreamFraming(MessageBound bound, End end);

    [[nodiscard]] bool is_introduced() const override { return ended() > 0; }

    [[nodiscard]] FrameHead head_of(std::size_t size, bool more) const override;

private:
    [[nodiscard]] std::string_view take_head(std::string_view bytes) override;
    [[nodiscard]] std::string_view take_opening(std::string_view bytes);

    std::size_t opening_left_;
    std::array<char, kStreamHeadBytes> head_{};
    std::size_t head_filled_ = 0;
};

}  // namespace steward::net
