// tests/e2e: see web_socket.hpp.
#include "tests/e2e/harness/web_socket.hpp"

#include <array>
#include <cstdint>

#include <doctest/doctest.h>

namespace steward::e2e {

namespace {

std::uint64_t big_endian(const std::string& bytes) {
    std::uint64_t number = 0;
    for (const char byte : bytes) {
        number = number << 8U | static_cast<unsigned char>(byte);
    }
    return number;
}

void put_big_endian(std::string& out, std::uint64_t number, int bytes) {
    for (int at = bytes - 1; at >= 0; --at) {
        out += static_cast<char>(number >> (8U * static_cast<unsigned>(at)));
    }
}

}  // namespace

WebSocket::WebSocket(int port, const std::string& target, HttpHeaders headers) : stream_(port) {
    shake_hands(target, headers);
}

void WebSocket::shake_hands(const std::string& target, const HttpHeaders& headers) {
    std::string request = "GET " + target +
                          " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                          "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for (const auto& [name, value] : headers) {
        request += name + ": " + value + "\r\n";
    }
    REQUIRE(stream_.send(request + "\r\n"));
    const auto text = stream_.read_until("\r\n\r\n");
    REQUIRE(text.has_value());
    head_.status = std::stoi(text->substr(9, 3));
    if (head_.status == 101) {
        // RFC 6455, 1.3: the answer to that key.
        REQUIRE(text->find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != std::string::npos);
    }
}

// A client's frames are masked (RFC 6455, 5.3); any mask will do.
bool WebSocket::send_frame(int opcode, std::string_view bytes) {
    static constexpr std::array<unsigned char, 4> kMask = {0x12, 0x34, 0x56, 0x78};
    std::string frame(1, static_cast<char>(0x80 | opcode));
    if (bytes.size() < 126) {
        frame += static_cast<char>(0x80 | static_cast<int>(bytes.size()));
    } else if (bytes.size() <= UINT16_MAX) {
        frame += static_cast<char>(0x80 | 126);
        put_big_endian(frame, bytes.size(), 2);
    } else {
        frame += static_cast<char>(0x80 | 127);
        put_big_endian(frame, bytes.size(), 8);
    }
    frame.append(reinterpret_cast<const char*>(kMask.data()), kMask.size());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        frame += static_cast<char>(static_cast<unsigned char>(bytes[i]) ^ kMask.at(i % 4));
    }
    return stream_.send(frame);
}

std::optional<std::string> WebSocket::next() {
    while (true) {
        const auto head = stream_.read_exactly(2);
        if (!head) {
            return std::nullopt;
        }
        const int opcode = (*head)[0] & 0x0F;
        std::uint64_t size = static_cast<unsigned char>((*head)[1]) & 0x7FU;
        if (size >= 126) {
            const auto more = stream_.read_exactly(size == 126 ? 2 : 8);
            if (!more) {
                return std::nullopt;
            }
            size = big_endian(*more);
        }
        auto bytes = size == 0 ? std::string() : stream_.read_exactly(size);
        if (!bytes) {
            return std::nullopt;
        }
        if (opcode == kPing) {
            send_frame(kPong, *bytes);
        } else if (opcode == kClose) {
            close_code_ =
                bytes->size() >= 2 ? static_cast<int>(big_endian(bytes->substr(0, 2))) : 0;
            close_reason_ = bytes->size() > 2 ? bytes->substr(2) : "";
            send_frame(kClose, bytes->substr(0, 2));
            return std::nullopt;
        } else if (opcode == kText || opcode == kBinary) {
            return bytes;
        }
    }
}

nlohmann::json WebSocket::next_json() {
    const auto text = next();
    INFO("closed with ", close_code_, " ", close_reason_);
    REQUIRE(text.has_value());
    return nlohmann::json::parse(*text);
}

}  // namespace steward::e2e
