// tests/e2e: a WebSocket as a stranger would speak it (RFC 6455) over a plain socket, blocking.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "tests/e2e/harness/http_client.hpp"

namespace steward::e2e {

class WebSocket {
public:
    /// Shakes hands. `head` has what was answered; without 101 there is no WebSocket.
    WebSocket(int port, const std::string& target, HttpHeaders headers = {});

    [[nodiscard]] const HttpResponse& head() const { return head_; }

    bool send_text(std::string_view text) { return send_frame(kText, text); }

    bool send(const nlohmann::json& message) { return send_text(message.dump()); }

    bool send_frame(int opcode, std::string_view bytes);
    /// The next whole message; pings are answered. Nothing: the other end has closed.
    [[nodiscard]] std::optional<std::string> next();
    /// The next one as JSON. Fails the test case when there is none.
    [[nodiscard]] nlohmann::json next_json();

    /// The next one for which `is_wanted`, passing over others.
    template <class Is>
    [[nodiscard]] nlohmann::json next_where(Is is_wanted) {
        nlohmann::json message = next_json();
        while (!is_wanted(message)) {
            message = next_json();
        }
        return message;
    }

    /// What the other end said when it closed; 0: nothing.
    [[nodiscard]] int close_code() const { return close_code_; }

    [[nodiscard]] const std::string& close_reason() const { return close_reason_; }

    static constexpr int kText = 1;
    static constexpr int kBinary = 2;

private:
    static constexpr int kClose = 8;
    static constexpr int kPing = 9;
    static constexpr int kPong = 10;

    void shake_hands(const std::string& target, const HttpHeaders& headers);

    TcpStream stream_;
    HttpResponse head_;
    int close_code_ = 0;
    std::string close_reason_;
};

}  // namespace steward::e2e
