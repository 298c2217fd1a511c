// tests/browser: see site.hpp. One connection at a time, one request each: a browser asks again.
#include "tests/browser/harness/site.hpp"

#include <array>
#include <filesystem>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"

namespace steward::browser {

namespace {

std::string type_of(const std::string& path) {
    const std::string extension = std::filesystem::path(path).extension().string();
    return extension == ".js" ? "text/javascript" : extension == ".css" ? "text/css" : "text/html";
}

// "/live.html" of "GET /live.html HTTP/1.1 …".
std::string path_of(const std::string& request) {
    const std::size_t start = request.find(' ') + 1;
    return request.substr(start, request.find_first_of(" ?", start) - start);
}

std::string answer_to(const std::string& folder, const std::string& request) {
    const std::string path = path_of(request);
    const std::string body =
        path.find("..") == std::string::npos ? e2e::read_file(folder + path) : std::string();
    return std::string(body.empty() ? "HTTP/1.1 404 Not Found" : "HTTP/1.1 200 OK") +
           "\r\nConnection: close\r\nContent-Type: " + type_of(path) +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

void answer(const std::string& folder, int connection) {
    const timeval patience{0, 500'000};  // a browser opens connections that it may not use
    ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::array<char, 16384> request{};
    const ssize_t got = ::recv(connection, request.data(), request.size(), 0);
    if (got > 0) {
        const std::string text =
            answer_to(folder, std::string(request.data(), static_cast<std::size_t>(got)));
        (void)::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
    }
    ::close(connection);
}

}  // namespace

Site::Site(std::string folder)
    : folder_(std::move(folder)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(listener_, 16) == 0);
    REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
}

Site::~Site() {
    ::shutdown(listener_, SHUT_RDWR);  // wakes accept()
    thread_.join();
    ::close(listener_);
}

std::string Site::origin() const {
    return "http://127.0.0.1:" + std::to_string(port_);
}

void Site::serve() const {
    for (;;) {
        const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0) {
            return;
        }
        answer(folder_, connection);
    }
}

}  // namespace steward::browser
