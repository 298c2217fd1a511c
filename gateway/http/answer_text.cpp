#include "gateway/http/answer_text.hpp"

#include <array>
#include <charconv>

namespace steward::gateway {

namespace {

constexpr std::size_t kHeadBytesUsual = 640;

// RFC 9110, 8.6: these say nothing of a length.
bool knows_no_body(unsigned status) {
    return status == 204 || status == 304;
}

void append_number(std::string& out, std::size_t number) {
    std::array<char, 24> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    out.append(text.data(), end);
}

void append_line(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

void append_head(std::string& out,
                 const Response& response,
                 const Manners& manners,
                 std::string_view request_id,
                 std::string_view server) {
    out.reserve(out.size() + kHeadBytesUsual);
    out += manners.version >= 11 ? "HTTP/1.1 " : "HTTP/1.0 ";
    append_number(out, response.status);
    out.append(" ").append(reason_of(response.status)).append("\r\n");
    append_line(out, "Server", server);
    if (!request_id.empty()) {
        append_line(out, "X-Request-Id", request_id);
    }
    for (const Header& header : response.headers) {
        append_line(out, header.name, header.value);
    }
    out += response.lines;
    if (manners.keep_alive != (manners.version >= 11)) {
        append_line(out, "Connection", manners.keep_alive ? "keep-alive" : "close");
    }
    if (!knows_no_body(response.status)) {
        if (!response.content_type.empty()) {
            append_line(out, "Content-Type", response.content_type);
        }
        out += "Content-Length: ";
        append_number(out, response.body.size());
        out += "\r\n";
    }
    out += "\r\n";
}

bool has_body(const Response& response, const Manners& manners) {
    return !manners.is_head && !knows_no_body(response.status);
}

}  // namespace steward::gateway
