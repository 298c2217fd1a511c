#include "worker/http/reply.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

#include "common/base/bytes.hpp"
#include "common/base/quantity.hpp"
#include "common/base/whole_number.hpp"
#include "common/wire/params.hpp"

namespace steward::worker::http {
namespace {

using model::Encoding;

constexpr std::size_t kExcerptBytes = 512;

// Without parameters, in lower case.
std::string media_type(std::string_view content_type) {
    std::string type(content_type.substr(0, content_type.find(';')));
    std::ranges::transform(type, type.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    const std::size_t end = type.find_last_not_of(" \t");
    type.resize(end == std::string::npos ? 0 : end + 1);
    return type;
}

std::optional<Encoding> structured(std::string_view type) {
    constexpr std::array<std::pair<std::string_view, Encoding>, 5> kTypes = {
        {{"application/json", Encoding::Json},
         {"application/msgpack", Encoding::Msgpack},
         {"application/x-msgpack", Encoding::Msgpack},
         {"application/vnd.msgpack", Encoding::Msgpack},
         {"application/vnd.php.serialized", Encoding::Php}}};
    const auto* const found =
        std::ranges::find(kTypes, type, &std::pair<std::string_view, Encoding>::first);
    if (found != kTypes.end()) {
        return found->second;
    }
    return type.ends_with("+json") ? std::optional(Encoding::Json) : std::nullopt;
}

Answer done(const Reply& reply) {
    if (reply.body.empty()) {
        return Answer::ok();
    }
    const std::string type = media_type(reply.content_type);
    if (const auto encoding = structured(type)) {
        model::Payload payload{*encoding, base::Blob::copy(reply.body)};
        if (const auto read = wire::decode_params(payload); !read) {
            // It has been done, and doing it again would not make the answer better.
            return fail_for_good("answered " + std::to_string(reply.status) +
                                 " with a body that is no " + type + ": " + read.error().message);
        }
        return Value(std::move(payload));
    }
    return type.starts_with("text/") ? Answer(reply.body) : Answer(Value::opaque(reply.body));
}

std::string told(const Reply& reply) {
    std::string text = "answered " + std::to_string(reply.status);
    text += reply.reason.empty() ? "" : ' ' + reply.reason;
    const std::string type = media_type(reply.content_type);
    if (!reply.body.empty() && (type.starts_with("text/") || structured(type) == Encoding::Json)) {
        text += ": " + base::printable(reply.body, kExcerptBytes);
    }
    return text;
}

bool is_for_later(unsigned status) {
    return status == 408 || status == 425 || status == 429 || status >= 500;
}

}  // namespace

std::optional<base::Duration> parse_retry_after(std::string_view text, base::WallTime now) {
    if (const auto seconds = base::parse_whole<std::int64_t>(text)) {
        const std::int64_t most = model::kDurationMax / std::chrono::seconds(1);
        return std::chrono::seconds(std::clamp<std::int64_t>(*seconds, 0, most));
    }
    std::tm date{};
    const std::string copy(text);
    const char* const rest = ::strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
    if (rest == nullptr || *rest != '\0') {
        return std::nullopt;
    }
    const auto at = base::WallTime(std::chrono::seconds(::timegm(&date)));
    return std::clamp<base::Duration>(at - now, base::Duration::zero(), model::kDurationMax);
}

Answer answer_of(const Reply& reply,
                 base::WallTime now,
                 base::Duration snooze_max,
                 std::uint64_t body_max) {
    const bool is_done = reply.status >= 200 && reply.status < 300;
    if (is_done && reply.is_too_large) {
        return fail_for_good("answered " + std::to_string(reply.status) +
                             " with a body larger than --response-max of " +
                             base::size_text(body_max));
    }
    if (is_done) {
        return done(reply);
    }
    std::string text = told(reply);
    if (is_for_later(reply.status)) {
        const auto pause = parse_retry_after(reply.retry_after, now);
        return pause ? snooze(std::min(*pause, snooze_max), std::move(text))
                     : fail(std::move(text));
    }
    if (reply.status >= 300 && reply.status < 400) {
        text += "; redirects are not followed";
        text += reply.location.empty() ? "" : ", here to " + base::printable(reply.location, 200);
    }
    return fail_for_good(std::move(text));
}

std::string_view content_type_of(Encoding encoding) {
    switch (encoding) {
        case Encoding::Json: return "application/json";
        case Encoding::Msgpack: return "application/msgpack";
        case Encoding::Php: return "application/vnd.php.serialized";
        case Encoding::Absent:
        case Encoding::Opaque:
        case Encoding::Frames: break;
    }
    return "application/octet-stream";
}

}  // namespace steward::worker::http
