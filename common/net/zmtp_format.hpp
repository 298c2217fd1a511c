// common/net: ZMTP, ZeroMQ's own protocol, as an accepting ROUTER without keys speaks it: 3.0 and
// 3.1 with the NULL mechanism (ZeroMQ RFC 23 and 37), and with peers of older libraries 2.0 (RFC
// 15) and 1.0 (RFC 13). Pure: no socket.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/net/framing.hpp"

namespace steward::net {

/// Peers are DEALER, REQ and ROUTER sockets; all others are refused, as are those that want keys.
///
/// Bound: of a command kZmtpCommandBytesMax.
class ZmtpFraming final : public Framing {
public:
    explicit ZmtpFraming(MessageBound bound);

    [[nodiscard]] bool is_introduced() const override { return stage_ == Stage::Traffic; }

    [[nodiscard]] std::string_view name() const override { return name_; }

    [[nodiscard]] FrameHead head_of(std::size_t size, bool more) const override;
    /// A PING, from 3.0 on: libraries that do not know it yet pass it over.
    [[nodiscard]] std::string ping(base::Duration silence) const override;

private:
    /// What comes next.
    enum class Stage : std::uint8_t {
        Signature,   // its first byte, then its ten
        Revision,    // the byte after that
        SocketType,  // 2.0
        Identity,    // 1.0 and 2.0: the first frame
        Greeting,    // 3.x: the rest of the 64 bytes
        Ready,       // 3.x: the first command
        Traffic,
    };

    enum class Version : std::uint8_t { V1, V2, V3 };

    static constexpr std::size_t kGreetingBytes = 64;

    [[nodiscard]] std::string_view take_head(std::string_view bytes) override;
    void end_command(std::string_view body) override;

    void take_step();
    void take_signature();
    void take_revision();
    void take_socket_type();
    void take_greeting();
    void take_frame_head();
    void take_frame_head_of_v1();
    void begin_body(std::uint64_t size, bool more, bool is_command);
    void await_frames(Version version, Stage stage);
    void take_ready(std::string_view body);
    void introduce(std::string_view name);

    Stage stage_ = Stage::Signature;
    Version version_ = Version::V3;
    std::array<char, kGreetingBytes> head_{};
    std::size_t head_filled_ = 0;
    std::size_t head_wanted_ = 1;
    std::string name_;
};

/// Of a command or a name, in bytes.
inline constexpr std::size_t kZmtpCommandBytesMax = 8192;
inline constexpr std::size_t kZmtpNameBytesMax = 255;

}  // namespace steward::net
