#include "worker/fastcgi/record.hpp"

#include <algorithm>

#include "common/base/quantity.hpp"

namespace steward::worker::fastcgi {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kRequestId = 1;
constexpr std::uint8_t kResponder = 1;
constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kEndBytes = 8;

enum Type : std::uint8_t {
    kBegin = 1,
    kEnd = 3,
    kParams = 4,
    kInput = 5,
    kOutput = 6,
    kErrors = 7
};

void put_record(std::string& out, Type type, std::string_view content) {
    out += {static_cast<char>(kVersion),
            static_cast<char>(type),
            '\0',
            static_cast<char>(kRequestId),
            static_cast<char>(content.size() >> 8U),
            static_cast<char>(content.size() & 0xFFU),
            '\0',
            '\0'};
    out += content;
}

// A stream ends with an empty record.
void put_stream(std::string& out, Type type, std::string_view content) {
    while (!content.empty()) {
        const std::string_view piece = content.substr(0, kContentMax);
        put_record(out, type, piece);
        content.remove_prefix(piece.size());
    }
    put_record(out, type, {});
}

void put_length(std::string& out, std::size_t length) {
    if (length < 0x80) {
        out += static_cast<char>(length);
        return;
    }
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
        const std::size_t mark = shift == 24U ? 0x80 : 0;
        out += static_cast<char>(mark | ((length >> shift) & 0xFFU));
    }
}

std::size_t byte_at(std::string_view bytes, std::size_t at) {
    return static_cast<unsigned char>(bytes[at]);
}

}  // namespace

std::string encode(const Request& request) {
    std::string params;
    for (const auto& [name, value] : request.params) {
        put_length(params, name.size());
        put_length(params, value.size());
        params += name + value;
    }
    std::string out;
    put_record(out, kBegin, std::string_view("\0\1\0\0\0\0\0\0", 8));  // role, no keeping
    static_assert(kResponder == 1);
    put_stream(out, kParams, params);
    put_stream(out, kInput, request.body);
    return out;
}

base::Expected<void> ResponseReader::feed(std::string_view bytes) {
    if (is_broken_ || is_over_) {
        return {};
    }
    pending_ += bytes;
    std::size_t at = 0;
    while (!is_over_ && pending_.size() - at >= kHeaderBytes) {
        const std::string_view record = std::string_view(pending_).substr(at);
        if (byte_at(record, 0) != kVersion) {
            is_broken_ = true;
            return base::fail(base::Errc::Malformed, "what the pool answers is no FastCGI 1.0");
        }
        const std::size_t content = byte_at(record, 4) << 8U | byte_at(record, 5);
        const std::size_t whole = kHeaderBytes + content + byte_at(record, 6);
        if (record.size() < whole) {
            break;
        }
        const bool is_ours = byte_at(record, 2) == 0 && byte_at(record, 3) == kRequestId;
        if (is_ours) {
            auto taken = take(static_cast<std::uint8_t>(byte_at(record, 1)),
                              record.substr(kHeaderBytes, content));
            if (!taken) {
                is_broken_ = true;
                return taken;
            }
        }
        at += whole;
    }
    pending_.erase(0, at);
    return {};
}

base::Expected<void> ResponseReader::take(std::uint8_t type, std::string_view content) {
    switch (type) {
        case kOutput:
            if (output_.size() + content.size() > output_max_) {
                return base::fail(
                    base::Errc::TooLarge,
                    "the answer is larger than --response-max of " + base::size_text(output_max_));
            }
            output_ += content;
            return {};
        case kErrors: errors_ += content; return {};
        case kEnd: return end(content);
        default: return {};  // a record that a later version may have
    }
}

base::Expected<void> ResponseReader::end(std::string_view content) {
    if (content.size() < kEndBytes) {
        return base::fail(base::Errc::Malformed, "the pool's last record is too short");
    }
    for (std::size_t i = 0; i < 4; ++i) {
        status_ = status_ << 8U | static_cast<std::uint32_t>(byte_at(content, i));
    }
    switch (byte_at(content, 4)) {
        case 0: break;
        case 1: refusal_ = "the pool takes one request a connection"; break;
        case 2: refusal_ = "the pool is overloaded"; break;
        default: refusal_ = "the pool does not know the role of a responder"; break;
    }
    is_over_ = true;
    return {};
}

}  // namespace steward::worker::fastcgi
