// common/net: what one end of a connection speaks: how messages lie in its bytes. Here is what all
// such formats share: frames are put together to messages, within bounds. Pure: no socket.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/time.hpp"
#include "common/net/socket.hpp"

namespace steward::net {

/// A connection without a name of its own is given one, a zero byte and eight more, which no two
/// ever share; so nobody may choose one of that kind.
inline constexpr std::size_t kGivenNameBytes = 9;

[[nodiscard]] inline bool is_given_name(std::string_view name) {
    return name.size() == kGivenNameBytes && name.front() == '\0';
}

/// What stands before a frame's bytes.
struct FrameHead {
    static constexpr std::size_t kBytesMax = 10;

    std::array<char, kBytesMax> bytes{};
    std::uint8_t size = 0;

    [[nodiscard]] std::string_view view() const { return {bytes.data(), size}; }
};

/// Takes the other end's bytes apart into messages. Any bytes may be given to it.
///
/// Bound: of a message that is under way, no more than MessageBound is stored. A frame's memory is
/// reserved when its head has come; the system gives it out as the bytes do.
class Framing {
public:
    explicit Framing(MessageBound bound) : bound_(bound) {}

    virtual ~Framing() = default;
    Framing(const Framing&) = delete;
    Framing& operator=(const Framing&) = delete;

    /// The next bytes. Nothing is taken any more after a fault.
    void take(std::string_view bytes);
    /// Where the rest of a large frame belongs: whoever has bytes to read may put them there, and
    /// then says how many to filled(). Empty: any other place does, for take().
    [[nodiscard]] std::span<char> wanted();
    void filled(std::size_t bytes);

    /// The next whole message, or what is wrong with the stream: TooLarge, or Closed for bytes that
    /// are no stream of this kind; both stay. A fault is told when the messages before it are.
    [[nodiscard]] ReceiveStatus next(Frames& frames);

    /// Whether next() has a message.
    [[nodiscard]] bool has_next() const { return next_message_ < messages_.size(); }

    /// Whole messages that have come.
    [[nodiscard]] std::uint64_t ended() const { return ended_; }

    /// What the message under way has in memory; 0: there is none.
    [[nodiscard]] std::size_t begun_bytes() const;

    /// The other end has said all that it must before its first message.
    [[nodiscard]] virtual bool is_introduced() const = 0;

    /// The name that it has chosen for itself; empty: none.
    [[nodiscard]] virtual std::string_view name() const { return {}; }

    /// Pre: `size` is below 2 GiB.
    [[nodiscard]] virtual FrameHead head_of(std::size_t size, bool more) const = 0;

    /// What makes the other end answer, and is no message; empty: there is no such thing. The other
    /// end may take a silence this long for this end's death.
    [[nodiscard]] virtual std::string ping(base::Duration /*silence*/) const { return {}; }

    /// What is to be sent for the format's own sake, before any message that is sent later.
    [[nodiscard]] std::string take_reply() { return std::exchange(reply_, {}); }

protected:
    /// Takes bytes outside of frames, one at least, and returns the rest.
    [[nodiscard]] virtual std::string_view take_head(std::string_view bytes) = 0;

    /// What begin_command() began has come as a whole.
    virtual void end_command(std::string_view /*body*/) {}

    /// The next `size` bytes are a frame of a message.
    void begin_frame(std::uint64_t size, bool more);
    /// The next `size` bytes are not.
    void begin_command(std::size_t size);

    /// This is no stream of this kind.
    void refuse() { fault_ = ReceiveStatus::Closed; }

    void reply(std::string_view bytes) { reply_ += bytes; }

private:
    enum class Body : std::uint8_t { None, Frame, LastFrame, Command };

    [[nodiscard]] std::string_view take_body(std::string_view bytes);
    void end_body(base::Blob bytes);
    void end_frame(base::Blob frame, bool is_last);

    [[nodiscard]] std::size_t missing() const { return body_size_ - body_filled_; }

    MessageBound bound_;
    ReceiveStatus fault_ = ReceiveStatus::Nothing;
    Body kind_ = Body::None;
    std::size_t body_size_ = 0;
    std::unique_ptr<char[]> body_;  // only of one that did not come as a whole
    std::size_t body_filled_ = 0;
    Frames frames_;  // of the message under way
    std::size_t message_bytes_ = 0;
    std::vector<Frames> messages_;  // whole ones; those before next_message_ are gone
    std::size_t next_message_ = 0;
    std::uint64_t ended_ = 0;
    std::string reply_;
};

}  // namespace steward::net
