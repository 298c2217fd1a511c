// tests/browser: see http.hpp.
#include "tests/browser/harness/http.hpp"

#include <array>
#include <charconv>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/e2e/harness/process.hpp"

namespace steward::browser {

namespace {

constexpr std::size_t kAnswerBytesMax = 64U << 20U;

struct Socket {
    int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    Socket() = default;
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    ~Socket() { ::close(descriptor); }
};

bool connect(const Socket& socket, int port) {
    const timeval patience{e2e::kPatience.count(), 0};
    ::setsockopt(socket.descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket.descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::connect(
               socket.descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

bool send_all(const Socket& socket, const std::string& text) {
    for (std::size_t sent = 0; sent < text.size();) {
        const ssize_t more =
            ::send(socket.descriptor, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (more <= 0) {
            return false;
        }
        sent += static_cast<std::size_t>(more);
    }
    return true;
}

std::size_t content_length(const std::string& head) {
    std::string lower = head;
    for (char& letter : lower) {
        letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
    }
    constexpr std::string_view kName = "\r\ncontent-length:";
    const std::size_t at = lower.find(kName);
    if (at == std::string::npos) {
        return kAnswerBytesMax;  // to the end of the connection
    }
    const std::size_t digits = lower.find_first_not_of(' ', at + kName.size());
    std::size_t length = 0;
    std::from_chars(lower.data() + digits, lower.data() + lower.size(), length);
    return length;
}

// As far as the answer's own length says, for chromedriver keeps its connections open.
std::optional<HttpAnswer> read_answer(const Socket& socket) {
    std::string text;
    std::size_t wanted = kAnswerBytesMax;
    std::size_t head_ends = std::string::npos;
    std::array<char, 65536> buffer{};
    while (text.size() < wanted) {
        const ssize_t got = ::recv(socket.descriptor, buffer.data(), buffer.size(), 0);
        if (got < 0) {
            return std::nullopt;
        }
        if (got == 0) {
            break;
        }
        text.append(buffer.data(), static_cast<std::size_t>(got));
        if (head_ends == std::string::npos) {
            head_ends = text.find("\r\n\r\n");
            if (head_ends != std::string::npos) {
                wanted = head_ends + 4 + content_length(text.substr(0, head_ends));
            }
        }
    }
    if (head_ends == std::string::npos) {
        return std::nullopt;
    }
    HttpAnswer answer{0, text.substr(0, head_ends), text.substr(head_ends + 4)};
    const std::size_t status = answer.head.find(' ') + 1;
    std::from_chars(answer.head.data() + status, answer.head.data() + status + 3, answer.status);
    return answer;
}

}  // namespace

std::optional<HttpAnswer> http(int port,
                               const std::string& method,
                               const std::string& path,
                               const std::string& body) {
    const Socket socket;
    const std::string request = method + ' ' + path +
                                " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                                "\r\nConnection: close\r\nContent-Type: application/json\r\n"
                                "Content-Length: " +
                                std::to_string(body.size()) + "\r\n\r\n" + body;
    if (!connect(socket, port) || !send_all(socket, request)) {
        return std::nullopt;
    }
    return read_answer(socket);
}

}  // namespace steward::browser
