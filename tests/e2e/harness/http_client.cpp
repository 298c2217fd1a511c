// tests/e2e: see http_client.hpp. RFC 9112 as far as a client needs it.
#include "tests/e2e/harness/http_client.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cctype>
#include <cstdio>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

namespace steward::e2e {

namespace {

constexpr std::string_view kLineEnd = "\r\n";

bool same_word(std::string_view one, std::string_view other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end(), [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) ==
               std::tolower(static_cast<unsigned char>(b));
    });
}

std::string hex_of(std::size_t number) {
    std::array<char, 20> text{};
    std::snprintf(text.data(), text.size(), "%zx", number);
    return text.data();
}

std::string text_of(const HttpRequest& request) {
    std::string text = request.method + " " + request.target + " HTTP/1.1\r\n";
    bool has_host = false;
    for (const auto& [name, value] : request.headers) {
        text += name + ": " + value + "\r\n";
        has_host = has_host || same_word(name, "Host");
    }
    if (!has_host) {
        text += "Host: localhost\r\n";
    }
    if (!request.chunks.empty()) {
        text += "Transfer-Encoding: chunked\r\n\r\n";
        for (const std::string& chunk : request.chunks) {
            text += hex_of(chunk.size()) + "\r\n" + chunk + "\r\n";
        }
        return text + "0\r\n\r\n";
    }
    if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
        text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
    }
    return text + "\r\n" + request.body;
}

/// The status line and the headers; REQUIREs their form.
HttpResponse head_of(const std::string& text) {
    HttpResponse head;
    REQUIRE_MESSAGE(text.starts_with("HTTP/1."), "this is no HTTP answer: ", text.substr(0, 80));
    REQUIRE(std::sscanf(text.c_str() + 8, " %d", &head.status) == 1);
    std::size_t at = std::min(text.find(kLineEnd), text.size());
    while (at < text.size()) {
        at += kLineEnd.size();
        const std::size_t end = std::min(text.find(kLineEnd, at), text.size());
        const std::string line = text.substr(at, end - at);
        const std::size_t colon = line.find(':');
        REQUIRE_MESSAGE(colon != std::string::npos, "this is no header: ", line);
        const std::size_t value = line.find_first_not_of(' ', colon + 1);
        head.headers.emplace_back(line.substr(0, colon),
                                  value == std::string::npos ? "" : line.substr(value));
        at = end;
    }
    return head;
}

HttpResponse read_head(TcpStream& stream) {
    for (;;) {
        const auto text = stream.read_until("\r\n\r\n");
        REQUIRE_MESSAGE(text.has_value(), "the server closed without an answer");
        HttpResponse head = head_of(*text);
        if (head.status != 100) {
            return head;
        }
    }
}

/// The next chunk of a body; empty: that was all. Nothing: it was cut off.
std::optional<std::string> read_chunk(TcpStream& stream) {
    const auto size_line = stream.read_until(kLineEnd);
    if (!size_line) {
        return std::nullopt;
    }
    const std::size_t size = std::stoul(*size_line, nullptr, 16);
    auto chunk = stream.read_exactly(size);
    if (!chunk || !stream.read_until(kLineEnd)) {
        return std::nullopt;
    }
    return chunk;
}

std::string read_chunks(TcpStream& stream) {
    std::string body;
    for (;;) {
        const auto chunk = read_chunk(stream);
        REQUIRE_MESSAGE(chunk.has_value(), "the body was cut off");
        if (chunk->empty()) {
            return body;
        }
        body += *chunk;
    }
}

std::string read_body(TcpStream& stream, const HttpResponse& head) {
    if (head.status == 204 || head.status == 304) {
        return {};
    }
    if (same_word(head.header("Transfer-Encoding"), "chunked")) {
        return read_chunks(stream);
    }
    if (!head.has_header("Content-Length")) {
        return stream.read_all();
    }
    auto body = stream.read_exactly(std::stoul(head.header("Content-Length")));
    REQUIRE_MESSAGE(body.has_value(), "the body was cut off");
    return *body;
}

nlohmann::json parsed(const std::string& text) {
    auto value = nlohmann::json::parse(text, nullptr, false);
    REQUIRE_MESSAGE(!value.is_discarded(), "this is no JSON: ", text.substr(0, 400));
    return value;
}

}  // namespace

std::string HttpResponse::header(std::string_view name) const {
    for (const auto& [known, value] : headers) {
        if (same_word(known, name)) {
            return value;
        }
    }
    return {};
}

bool HttpResponse::has_header(std::string_view name) const {
    return std::any_of(headers.begin(), headers.end(), [&](const auto& header) {
        return same_word(header.first, name);
    });
}

std::string HttpResponse::content_type() const {
    const std::string value = header("Content-Type");
    return value.substr(0, value.find(';'));
}

nlohmann::json HttpResponse::json() const {
    return parsed(body);
}

std::vector<nlohmann::json> HttpResponse::json_lines() const {
    std::vector<nlohmann::json> lines;
    for (std::size_t at = 0; at < body.size();) {
        const std::size_t end = std::min(body.find('\n', at), body.size());
        lines.push_back(parsed(body.substr(at, end - at)));
        at = end + 1;
    }
    return lines;
}

// ---- bytes ----

TcpStream::TcpStream(int port) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    REQUIRE(descriptor_ >= 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    const int on = 1;
    REQUIRE(::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
}

TcpStream::~TcpStream() {
    ::close(descriptor_);
}

bool TcpStream::send(std::string_view bytes) {
    while (!bytes.empty()) {
        pollfd item{descriptor_, POLLOUT, 0};
        REQUIRE(::poll(&item, 1, static_cast<int>(kPatience.count() * 1000)) == 1);
        const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void TcpStream::finish() {
    ::shutdown(descriptor_, SHUT_WR);
}

bool TcpStream::is_readable(std::chrono::milliseconds patience) {
    pollfd item{descriptor_, POLLIN, 0};
    return !read_.empty() || ::poll(&item, 1, static_cast<int>(patience.count())) == 1;
}

bool TcpStream::read_more() {
    pollfd item{descriptor_, POLLIN, 0};
    REQUIRE_MESSAGE(::poll(&item, 1, static_cast<int>(kPatience.count() * 1000)) == 1,
                    "the server sends nothing");
    std::array<char, 65'536> bytes{};
    const ssize_t count = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
    if (count <= 0) {
        return false;
    }
    read_.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
}

std::optional<std::string> TcpStream::read_until(std::string_view end) {
    for (;;) {
        if (const std::size_t at = read_.find(end); at != std::string::npos) {
            std::string taken = read_.substr(0, at);
            read_.erase(0, at + end.size());
            return taken;
        }
        if (!read_more()) {
            return std::nullopt;
        }
    }
}

std::optional<std::string> TcpStream::read_exactly(std::size_t bytes) {
    while (read_.size() < bytes) {
        if (!read_more()) {
            return std::nullopt;
        }
    }
    std::string taken = read_.substr(0, bytes);
    read_.erase(0, bytes);
    return taken;
}

std::string TcpStream::read_all() {
    while (read_more()) {
    }
    return std::exchange(read_, {});
}

// ---- requests ----

TcpStream& HttpClient::stream() {
    // What is readable before anything was asked is the close of a connection that was idle.
    if (stream_ && stream_->is_readable(std::chrono::milliseconds(0))) {
        stream_.reset();
    }
    if (!stream_) {
        stream_.emplace(port_);
        ++connections_;
    }
    return *stream_;
}

HttpResponse HttpClient::send(const HttpRequest& request) {
    // An answer may come before all was sent: 413.
    static_cast<void>(stream().send(text_of(request)));
    return read_response(request.method == "HEAD");
}

HttpResponse HttpClient::post(const std::string& target,
                              std::string body,
                              const std::string& content_type,
                              HttpHeaders headers) {
    if (!content_type.empty()) {
        headers.emplace_back("Content-Type", content_type);
    }
    return send({"POST", target, std::move(headers), std::move(body)});
}

HttpResponse HttpClient::put(const std::string& target, const nlohmann::json& body) {
    return send({"PUT", target, {{"Content-Type", "application/json"}}, body.dump()});
}

bool HttpClient::send_raw(std::string_view bytes) {
    return stream().send(bytes);
}

HttpResponse HttpClient::read_response(bool is_of_head) {
    REQUIRE(stream_.has_value());
    HttpResponse response = read_head(*stream_);
    if (!is_of_head) {
        response.body = read_body(*stream_, response);
    }
    if (same_word(response.header("Connection"), "close")) {
        stream_.reset();
    }
    return response;
}

// ---- events ----

nlohmann::json ServerEvent::json() const {
    return parsed(data);
}

EventStream::EventStream(int port, HttpRequest request) : stream_(port) {
    request.headers.emplace_back("Accept", "text/event-stream");
    REQUIRE(stream_.send(text_of(request)));
    head_ = read_head(stream_);
    if (head_.content_type() != "text/event-stream") {
        head_.body = read_body(stream_, head_);
    }
}

std::optional<ServerEvent> EventStream::next() {
    for (;;) {
        std::size_t end = text_.find("\n\n");
        while (end == std::string::npos) {
            const auto chunk = read_chunk(stream_);
            if (!chunk || chunk->empty()) {
                return std::nullopt;
            }
            text_ += *chunk;
            end = text_.find("\n\n");
        }
        const std::string block = text_.substr(0, end + 1);
        text_.erase(0, end + 2);
        ServerEvent event;
        for (std::size_t at = 0; at < block.size();) {
            const std::size_t line_end = block.find('\n', at);
            const std::string line = block.substr(at, line_end - at);
            for (const auto& [field, target] : {std::pair("id: ", &event.id),
                                                std::pair("event: ", &event.name),
                                                std::pair("data: ", &event.data)}) {
                if (line.starts_with(field)) {
                    *target = line.substr(std::string_view(field).size());
                }
            }
            at = line_end + 1;
        }
        if (!event.name.empty()) {
            return event;
        }
    }
}

ServerEvent EventStream::next_named(std::string_view name) {
    for (;;) {
        auto event = next();
        REQUIRE_MESSAGE(event.has_value(), "the stream ended before any ", name);
        if (event->name == name) {
            return *event;
        }
    }
}

std::vector<ServerEvent> EventStream::rest() {
    std::vector<ServerEvent> events;
    while (auto event = next()) {
        events.push_back(std::move(*event));
    }
    return events;
}

}  // namespace steward::e2e
