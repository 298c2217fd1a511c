#include "tests/e2e/harness/zmtp_peer.hpp"

#include <algorithm>
#include <array>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <doctest/doctest.h>

#include "tests/e2e/harness/process.hpp"

namespace steward::e2e {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kGreetingBytes = 64;
constexpr char kMoreBit = 1;
constexpr char kLongBit = 2;
constexpr char kCommandBit = 4;

std::string frame_header(std::size_t size, char flags) {
    std::string header(1, flags);
    if (size < 256) {
        header += static_cast<char>(size);
        return header;
    }
    header[0] = static_cast<char>(header[0] | kLongBit);
    for (int shift = 56; shift >= 0; shift -= 8) {
        header += static_cast<char>((size >> static_cast<unsigned>(shift)) & 0xFFU);
    }
    return header;
}

// Signature, version 3.0, mechanism, no server, filler; then who this is.
std::string greeting(std::string_view type) {
    std::string bytes("\xFF\0\0\0\0\0\0\0\0\x7F\x03\0NULL"sv);
    bytes.resize(kGreetingBytes, '\0');
    std::string ready("\x05READY\x0BSocket-Type\0\0\0"sv);
    ready += static_cast<char>(type.size());
    ready += type;
    return bytes + frame_header(ready.size(), kCommandBit) + ready;
}

}  // namespace

ZmtpPeer::ZmtpPeer(const std::string& endpoint, std::string_view type) : connection_(endpoint) {
    REQUIRE(connection_.say(greeting(type)));
    // Until the other end has said READY as well it takes nothing but the handshake.
    static_cast<void>(connection_.hear(kGreetingBytes));
    const std::string header = connection_.hear(2);
    REQUIRE(header.front() == kCommandBit);
    static_cast<void>(connection_.hear(static_cast<unsigned char>(header.back())));
}

bool ZmtpPeer::send(std::string_view frame, More more) {
    return connection_.say(frame_header(frame.size(), more == More::Yes ? kMoreBit : '\0')) &&
           connection_.say(frame);
}

bool ZmtpPeer::begin(std::size_t bytes, std::size_t size) {
    const std::string frame = frame_header(size, kMoreBit) + std::string(size, 'x');
    for (std::size_t sent = 0; sent < bytes; sent += size) {
        if (!connection_.say(frame)) {
            return false;
        }
    }
    return true;
}

bool ZmtpPeer::repeat(std::string_view frame, std::size_t times, More more) {
    const std::string one =
        frame_header(frame.size(), more == More::Yes ? kMoreBit : '\0') + std::string(frame);
    std::string all;
    all.reserve(one.size() * times);
    for (std::size_t i = 0; i < times; ++i) {
        all += one;
    }
    return connection_.say(all);
}

bool ZmtpPeer::announce(std::size_t bytes, std::string_view frame) {
    return connection_.say(frame_header(bytes, kMoreBit) + std::string(frame));
}

void ZmtpPeer::send_at_once() {
    const int on = 1;
    CHECK(::setsockopt(connection_.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
}

bool ZmtpPeer::is_closed() const {
    std::array<char, 4096> bytes{};
    while (true) {
        pollfd waits{connection_.fd(), POLLIN, 0};
        const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(kPatience);
        if (::poll(&waits, 1, static_cast<int>(patience.count())) <= 0) {
            return false;
        }
        if (::recv(connection_.fd(), bytes.data(), bytes.size(), MSG_DONTWAIT) <= 0) {
            return true;
        }
    }
}

}  // namespace steward::e2e
