// tests/e2e: HTTP/1.1 as a stranger would speak it over a plain socket, blocking: requests and
// their answers, connections that are kept, chunked bodies both ways, streams of events. Nothing of
// ours.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/e2e/harness/process.hpp"

namespace steward::e2e {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
    std::string method = "GET";
    std::string target = "/";
    HttpHeaders headers = {};
    std::string body = {};
    std::vector<std::string> chunks = {};  // instead of a body: sent in just these pieces
};

struct HttpResponse {
    int status = 0;
    HttpHeaders headers;
    std::string body;

    /// The first one's value; empty when there is none. Names know no case.
    [[nodiscard]] std::string header(std::string_view name) const;
    [[nodiscard]] bool has_header(std::string_view name) const;
    /// "application/json": the type without its parameters.
    [[nodiscard]] std::string content_type() const;
    /// The body as JSON. Fails the test case when it is none.
    [[nodiscard]] nlohmann::json json() const;
    /// Its lines as JSON, one each.
    [[nodiscard]] std::vector<nlohmann::json> json_lines() const;
};

/// Bytes to and from 127.0.0.1:PORT. A wait that is longer than the patience fails the test case.
class TcpStream {
public:
    explicit TcpStream(int port);
    ~TcpStream();
    TcpStream(const TcpStream&) = delete;
    TcpStream& operator=(const TcpStream&) = delete;

    /// False: the other end has closed.
    bool send(std::string_view bytes);
    /// No more will be sent.
    void finish();
    /// Up to `end`, which is taken as well and not returned. Nothing: closed before.
    [[nodiscard]] std::optional<std::string> read_until(std::string_view end);
    [[nodiscard]] std::optional<std::string> read_exactly(std::size_t bytes);
    /// Everything up to the close.
    [[nodiscard]] std::string read_all();
    /// Whether there are bytes, or the other end has closed, within `patience`.
    [[nodiscard]] bool is_readable(std::chrono::milliseconds patience);

private:
    /// False: closed.
    bool read_more();

    int descriptor_;
    std::string read_;  // and not taken
};

/// One connection, which is kept for as long as the server keeps it and made anew when it does not.
///
/// Thread: the one that made it.
class HttpClient {
public:
    explicit HttpClient(int port) : port_(port) {}

    HttpResponse send(const HttpRequest& request);

    HttpResponse get(const std::string& target, HttpHeaders headers = {}) {
        return send({"GET", target, std::move(headers)});
    }

    HttpResponse post(const std::string& target,
                      std::string body = {},
                      const std::string& content_type = "application/json",
                      HttpHeaders headers = {});

    HttpResponse post(const std::string& target,
                      const nlohmann::json& body,
                      HttpHeaders headers = {}) {
        return post(target, body.dump(), "application/json", std::move(headers));
    }

    HttpResponse put(const std::string& target, const nlohmann::json& body);

    HttpResponse remove(const std::string& target) { return send({"DELETE", target}); }

    /// Bytes as they are, and an answer to whatever came before; for what is no proper request.
    bool send_raw(std::string_view bytes);
    [[nodiscard]] HttpResponse read_response(bool is_of_head = false);

    /// How many connections there were.
    [[nodiscard]] int connections() const { return connections_; }

private:
    TcpStream& stream();

    int port_;
    int connections_ = 0;
    std::optional<TcpStream> stream_;
};

struct ServerEvent {
    std::string id;
    std::string name;  // of `event:`
    std::string data;

    [[nodiscard]] nlohmann::json json() const;
};

/// An answer of text/event-stream, read as it comes.
class EventStream {
public:
    EventStream(int port, HttpRequest request);

    EventStream(int port, const std::string& target, HttpHeaders headers = {})
        : EventStream(port, HttpRequest{"GET", target, std::move(headers)}) {}

    /// Without a body, unless it is no stream.
    [[nodiscard]] const HttpResponse& head() const { return head_; }

    /// The next one; comments are passed over. Nothing: the stream has ended.
    [[nodiscard]] std::optional<ServerEvent> next();
    /// The next of this name, passing over others. Fails the test case when the stream ends before.
    [[nodiscard]] ServerEvent next_named(std::string_view name);
    /// All there are until the end.
    [[nodiscard]] std::vector<ServerEvent> rest();

private:
    TcpStream stream_;
    HttpResponse head_;
    std::string text_;  // of chunks, not taken
};

}  // namespace steward::e2e
