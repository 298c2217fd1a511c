#include "tests/e2e/harness/zmtp_peer.hpp"

#include <algorithm>
#include <array>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/e2e/harness/process.hpp"
#include "tests/e2e/harness/send_all.hpp"

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

ZmtpPeer::ZmtpPeer(const std::string& endpoint, std::string_view type)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    REQUIRE(fd_ >= 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port =
        htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
    REQUIRE(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(send_all(fd_, greeting(type)));
    // Until the other end has said READY as well it takes nothing but the handshake.
    read_bytes(kGreetingBytes);
    const std::string header = read_bytes(2);
    REQUIRE(header.front() == kCommandBit);
    read_bytes(static_cast<unsigned char>(header.back()));
}

ZmtpPeer::~ZmtpPeer() {
    ::close(fd_);
}

std::string ZmtpPeer::read_bytes(std::size_t count) const {
    std::string bytes(count, '\0');
    REQUIRE(::recv(fd_, bytes.data(), count, MSG_WAITALL) == static_cast<ssize_t>(count));
    return bytes;
}

bool ZmtpPeer::send(std::string_view frame, More more) {
    return send_all(fd_, frame_header(frame.size(), more == More::Yes ? kMoreBit : '\0')) &&
           send_all(fd_, frame);
}

bool ZmtpPeer::begin(std::size_t bytes, std::size_t size) {
    const std::string frame = frame_header(size, kMoreBit) + std::string(size, 'x');
    for (std::size_t sent = 0; sent < bytes; sent += size) {
        if (!send_all(fd_, frame)) {
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
    return send_all(fd_, all);
}

bool ZmtpPeer::announce(std::size_t bytes, std::string_view frame) {
    return send_all(fd_, frame_header(bytes, kMoreBit) + std::string(frame));
}

void ZmtpPeer::send_at_once() {
    const int on = 1;
    CHECK(::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
}

bool ZmtpPeer::is_closed() const {
    std::array<char, 4096> bytes{};
    while (true) {
        pollfd waits{fd_, POLLIN, 0};
        const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(kPatience);
        if (::poll(&waits, 1, static_cast<int>(patience.count())) <= 0) {
            return false;
        }
        if (::recv(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT) <= 0) {
            return true;
        }
    }
}

}  // namespace steward::e2e
