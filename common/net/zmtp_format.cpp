#include "common/net/zmtp_format.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

namespace steward::net {
namespace {

using namespace std::string_view_literals;

constexpr unsigned kMoreFlag = 1;
constexpr unsigned kLongFlag = 2;
constexpr unsigned kCommandFlag = 4;

// Where the parts of the greeting lie.
constexpr std::size_t kSignatureBytes = 10;
constexpr std::size_t kRevisionEnd = kSignatureBytes + 1;
constexpr std::size_t kMechanismAt = 12;
constexpr std::size_t kMechanismBytes = 20;

// A library of 1.0 takes this for the frame of a peer without a name.
constexpr std::string_view kSignature = "\xff\0\0\0\0\0\0\0\1\x7f"sv;
constexpr std::string_view kMechanism = "NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"sv;
constexpr std::string_view kReady = "\5READY\13Socket-Type\0\0\0\6ROUTER\10Identity\0\0\0\0"sv;
constexpr std::string_view kPing = "\4PING"sv;
constexpr std::string_view kPong = "\4PONG"sv;
constexpr std::size_t kPingTtlBytes = 2;
constexpr std::size_t kPingContextBytesMax = 16;
constexpr base::Duration kTtlUnit = std::chrono::milliseconds(100);
constexpr std::int64_t kTtlMax = 0xffff;

// Socket types of 2.0 by their numbers.
constexpr std::string_view kPeersOfV2 = "\3\5\6"sv;  // REQ, DEALER, ROUTER
constexpr char kRouterOfV2 = 6;

static_assert(kSignature.size() == kSignatureBytes);
static_assert(kMechanism.size() == kMechanismBytes);

std::uint64_t number_of(std::string_view bytes) {
    std::uint64_t number = 0;
    for (const char byte : bytes) {
        number = number << 8U | static_cast<unsigned char>(byte);
    }
    return number;
}

// Pre: it is shorter than 256 bytes.
std::string command(std::string_view body) {
    return std::string{static_cast<char>(kCommandFlag), static_cast<char>(body.size())} +
           std::string(body);
}

bool is_same_word(std::string_view one, std::string_view other) {
    return std::ranges::equal(one, other, [](char a, char b) { return (a | 0x20) == (b | 0x20); });
}

// The next `size` bytes, taken off `bytes`; nothing when there are fewer.
std::optional<std::string_view> cut_off(std::string_view& bytes, std::uint64_t size) {
    if (bytes.size() < size) {
        return std::nullopt;
    }
    const std::string_view part = bytes.substr(0, size);
    bytes.remove_prefix(size);
    return part;
}

// Its length, in so many bytes, stands before it.
std::optional<std::string_view> cut_off_counted(std::string_view& bytes, std::size_t length_bytes) {
    const auto length = cut_off(bytes, length_bytes);
    return length ? cut_off(bytes, number_of(*length)) : std::nullopt;
}

}  // namespace

ZmtpFraming::ZmtpFraming(MessageBound bound) : Framing(bound) {
    reply(kSignature);
}

std::string_view ZmtpFraming::take_head(std::string_view bytes) {
    const std::size_t count = std::min(bytes.size(), head_wanted_ - head_filled_);
    std::memcpy(head_.data() + head_filled_, bytes.data(), count);
    head_filled_ += count;
    if (head_filled_ == head_wanted_) {
        take_step();
    }
    return bytes.substr(count);
}

void ZmtpFraming::take_step() {
    switch (stage_) {
        case Stage::Signature: take_signature(); break;
        case Stage::Revision: take_revision(); break;
        case Stage::SocketType: take_socket_type(); break;
        case Stage::Greeting: take_greeting(); break;
        case Stage::Identity:
        case Stage::Ready:
        case Stage::Traffic:
            if (version_ == Version::V1) {
                take_frame_head_of_v1();
            } else {
                take_frame_head();
            }
            break;
    }
}

// ---- the greeting ----

// 1.0 has none: what comes first is a frame's head, short or long.
void ZmtpFraming::take_signature() {
    const bool may_be_signature = head_[0] == '\xff';
    if (may_be_signature && head_filled_ < kSignatureBytes) {
        head_wanted_ = kSignatureBytes;
        return;
    }
    if (!may_be_signature || (head_[kSignatureBytes - 1] & 1) == 0) {
        version_ = Version::V1;
        stage_ = Stage::Identity;
        take_frame_head_of_v1();
        return;
    }
    reply("\3"sv);
    stage_ = Stage::Revision;
    head_wanted_ = kRevisionEnd;
}

void ZmtpFraming::take_revision() {
    const char revision = head_[kRevisionEnd - 1];
    if (revision >= 3) {
        reply("\1"sv);
        reply(kMechanism);
        reply(std::string(kGreetingBytes - kMechanismAt - kMechanismBytes, '\0'));
        stage_ = Stage::Greeting;
        head_wanted_ = kGreetingBytes;
    } else if (revision >= 1) {
        reply(std::string{kRouterOfV2, 0, 0});  // and the frame of a peer without a name
        stage_ = Stage::SocketType;
        head_wanted_ = kRevisionEnd + 1;
    } else {
        refuse();
    }
}

void ZmtpFraming::take_socket_type() {
    if (kPeersOfV2.find(head_[kRevisionEnd]) == std::string_view::npos) {
        refuse();
        return;
    }
    await_frames(Version::V2, Stage::Identity);
}

void ZmtpFraming::take_greeting() {
    if (std::string_view(head_.data() + kMechanismAt, kMechanismBytes) != kMechanism) {
        refuse();
        return;
    }
    reply(command(kReady));
    await_frames(Version::V3, Stage::Ready);
}

void ZmtpFraming::await_frames(Version version, Stage stage) {
    version_ = version;
    stage_ = stage;
    head_filled_ = 0;
    head_wanted_ = 2;
}

// ---- frames ----

FrameHead ZmtpFraming::head_of(std::size_t size, bool more) const {
    FrameHead head;
    const auto put = [&head](std::uint64_t number, unsigned bytes) {
        while (bytes-- > 0) {
            head.bytes[head.size++] = static_cast<char>(number >> (8 * bytes));
        }
    };
    const unsigned flags = more ? kMoreFlag : 0;
    if (version_ == Version::V1) {  // its length counts the flags, which follow it
        const std::uint64_t length = std::uint64_t{size} + 1;
        if (length >= 0xff) {
            put(0xff, 1);
        }
        put(length, length < 0xff ? 1 : 8);
        put(flags, 1);
    } else if (size <= 0xff) {
        put(flags, 1);
        put(size, 1);
    } else {
        put(flags | kLongFlag, 1);
        put(size, 8);
    }
    return head;
}

void ZmtpFraming::take_frame_head() {
    const auto flags = static_cast<unsigned char>(head_[0]);
    const unsigned known = kMoreFlag | kLongFlag | (version_ == Version::V3 ? kCommandFlag : 0U);
    const bool is_command = (flags & kCommandFlag) != 0;
    const bool more = (flags & kMoreFlag) != 0;
    if ((flags & ~known) != 0 || (is_command && more)) {
        refuse();
        return;
    }
    const bool is_long = (flags & kLongFlag) != 0;
    if (is_long && head_wanted_ == 2) {
        head_wanted_ = 9;
        return;
    }
    begin_body(number_of({head_.data() + 1, head_wanted_ - 1}), more, is_command);
}

void ZmtpFraming::take_frame_head_of_v1() {
    const bool is_long = head_[0] == '\xff';
    const std::size_t wanted = is_long ? 10 : 2;
    if (head_filled_ < wanted) {
        head_wanted_ = wanted;
        return;
    }
    const std::string_view length =
        is_long ? std::string_view(head_.data() + 1, 8) : std::string_view(head_.data(), 1);
    const std::uint64_t size = number_of(length);
    const auto flags = static_cast<unsigned char>(head_[wanted - 1]);
    if (size == 0 || (flags & ~kMoreFlag) != 0) {
        refuse();
        return;
    }
    begin_body(size - 1, (flags & kMoreFlag) != 0, false);
}

void ZmtpFraming::begin_body(std::uint64_t size, bool more, bool is_command) {
    head_filled_ = 0;
    head_wanted_ = 2;
    const bool is_name = stage_ == Stage::Identity;
    const bool is_early = stage_ == Stage::Ready && !is_command;
    if (is_early || ((is_command || is_name) && size > kZmtpCommandBytesMax)) {
        refuse();
    } else if (is_command || is_name) {
        begin_command(static_cast<std::size_t>(size));
    } else {
        begin_frame(size, more);
    }
}

void ZmtpFraming::end_command(std::string_view body) {
    if (stage_ == Stage::Identity) {
        introduce(body);
    } else if (stage_ == Stage::Ready) {
        take_ready(body);
    } else if (body.starts_with(kPing) && body.size() >= kPing.size() + kPingTtlBytes) {
        const std::string_view context =
            body.substr(kPing.size() + kPingTtlBytes, kPingContextBytesMax);
        reply(command(std::string(kPong) + std::string(context)));
    }
}

std::string ZmtpFraming::ping(base::Duration silence) const {
    if (version_ != Version::V3) {
        return {};
    }
    const auto ttl = std::clamp<std::int64_t>(silence / kTtlUnit, 0, kTtlMax);
    return command(std::string(kPing) + static_cast<char>(ttl >> 8U) + static_cast<char>(ttl));
}

// ---- who it is ----

void ZmtpFraming::take_ready(std::string_view body) {
    if (cut_off_counted(body, 1) != "READY") {
        refuse();
        return;
    }
    std::string_view type;
    std::string_view identity;
    while (!body.empty()) {
        const auto key = cut_off_counted(body, 1);
        const auto value = cut_off_counted(body, 4);
        if (!key || !value) {
            refuse();
            return;
        }
        if (is_same_word(*key, "Socket-Type")) {
            type = *value;
        } else if (is_same_word(*key, "Identity")) {
            identity = *value;
        }
    }
    if (type == "DEALER" || type == "REQ" || type == "ROUTER") {
        introduce(identity);
    } else {
        refuse();
    }
}

void ZmtpFraming::introduce(std::string_view name) {
    if (name.size() > kZmtpNameBytesMax || is_given_name(name)) {
        refuse();
        return;
    }
    name_ = name;
    stage_ = Stage::Traffic;
}

}  // namespace steward::net
