#include "gateway/params/multipart.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/bytes.hpp"
#include "common/wire/json_text.hpp"
#include "gateway/message/message.hpp"
#include "gateway/params/limits.hpp"
#include "gateway/params/percent.hpp"

namespace steward::gateway {

namespace {

constexpr std::string_view kWhole = "multipart body";
constexpr std::string_view kLineEnd = "\r\n";

base::Unexpected too_large(const std::string& what, std::size_t most) {
    return base::fail(base::Errc::TooLarge, what + ", " + std::to_string(most) + " are allowed");
}

base::Expected<std::string> delimiter_of(const MediaType& type) {
    const std::string* boundary = type.parameter("boundary");
    if (boundary == nullptr || boundary->empty() || boundary->size() > kBoundaryBytesMax) {
        return base::fail(base::Errc::BadParams,
                          "the content type " + base::printable(type.word, 40) +
                              " needs a boundary of 1 to " + std::to_string(kBoundaryBytesMax) +
                              " bytes");
    }
    return "\r\n--" + *boundary;
}

// What browsers encode in names and file names, and nothing else (WHATWG, "multipart/form-data
// encoding algorithm"): "100%" is sent as it is.
std::string unescaped(std::string_view text) {
    struct Escape {
        std::string_view written;
        char meant;
    };

    static constexpr std::array<Escape, 3> kEscapes = {
        {{"%22", '"'}, {"%0D", '\r'}, {"%0A", '\n'}}};
    std::string out;
    while (!text.empty()) {
        const auto* const escape = std::ranges::find_if(
            kEscapes, [&](const Escape& one) { return text.starts_with(one.written); });
        const bool is_escape = escape != kEscapes.end();
        out.push_back(is_escape ? escape->meant : text.front());
        text.remove_prefix(is_escape ? escape->written.size() : 1);
    }
    return out;
}

// One header of a part's head. Nothing: it says nothing against the part.
std::optional<std::string> read_header(std::string_view name, std::string_view value, Part& part) {
    if (same_name(name, "Content-Disposition")) {
        const MediaType disposition = MediaType::parse(value);
        const std::string* field = disposition.parameter("name");
        if (disposition.word != "form-data" || field == nullptr) {
            return "a part's Content-Disposition is form-data with a name";
        }
        part.name = unescaped(*field);
        if (const std::string* file = disposition.parameter("filename")) {
            part.filename = unescaped(*file);
        }
        if (!base::is_utf8(part.name) || !base::is_utf8(part.filename.value_or(""))) {
            return "a part's name is no UTF-8";
        }
    } else if (same_name(name, "Content-Type")) {
        part.content_type = value;
    } else if (same_name(name, "Content-Transfer-Encoding") && !same_name(value, "binary") &&
               !same_name(value, "8bit") && !same_name(value, "7bit")) {
        return "a part is sent as it is, not in Content-Transfer-Encoding " +
               base::printable(value, 40);
    }
    return std::nullopt;
}

// Reads one part after the other, each time from behind a delimiter.
class Reader {
public:
    Reader(std::string_view body, std::string delimiter)
        : body_(body), delimiter_(std::move(delimiter)) {}

    base::Expected<std::vector<Part>> parts() {
        // The first delimiter may stand at the very beginning, without a line end before it.
        const std::string_view first = std::string_view(delimiter_).substr(kLineEnd.size());
        at_ = body_.starts_with(first) ? first.size() : end_of(body_.find(delimiter_));
        std::vector<Part> parts;
        while (true) {
            const auto more = next_follows();
            if (!more) {
                return base::Unexpected(more.error());
            }
            if (!*more) {
                return parts;
            }
            if (parts.size() == kPartsMax) {
                return too_large("the multipart body has more parts", kPartsMax);
            }
            auto part = next();
            if (!part) {
                return base::Unexpected(std::move(part.error()));
            }
            parts.push_back(std::move(*part));
        }
    }

private:
    [[nodiscard]] std::size_t end_of(std::size_t delimiter) const {
        return delimiter == std::string_view::npos ? body_.size() + 1
                                                   : delimiter + delimiter_.size();
    }

    // Behind a delimiter stands "--" after the last part, or a line end.
    base::Expected<bool> next_follows() {
        if (at_ > body_.size()) {
            return unreadable(kWhole, body_.size(), "the boundary that ends it is missing");
        }
        if (body_.substr(at_).starts_with("--")) {
            return false;
        }
        const std::size_t blanks = body_.find_first_not_of(" \t", at_);
        at_ = std::min(blanks, body_.size());
        if (!body_.substr(at_).starts_with(kLineEnd)) {
            return unreadable(kWhole, at_, "a line end follows a boundary");
        }
        return true;
    }

    base::Expected<Part> next() {
        Part part;
        if (auto head = read_head(part); !head) {
            return base::Unexpected(std::move(head.error()));
        }
        // A part without any content ends with the line end that ended its head.
        const std::size_t content_at = at_;
        const std::size_t end = body_.find(delimiter_, content_at - kLineEnd.size());
        at_ = end_of(end);
        if (end == std::string_view::npos) {
            return unreadable(kWhole, content_at, "the part that begins here does not end");
        }
        part.bytes = body_.substr(content_at, end < content_at ? 0 : end - content_at);
        return part;
    }

    // From the line end behind a delimiter to behind the empty line.
    base::Expected<void> read_head(Part& part) {
        const std::size_t begin = at_;
        bool has_disposition = false;
        for (std::size_t headers = 0;; ++headers) {
            at_ += kLineEnd.size();
            const std::size_t end = body_.substr(0, begin + kPartHeadBytesMax).find(kLineEnd, at_);
            if (end == std::string_view::npos) {
                return body_.size() - begin > kPartHeadBytesMax
                           ? too_large("a part's head has more bytes", kPartHeadBytesMax)
                           : unreadable(kWhole, begin, "the part that begins here has no content");
            }
            const std::string_view line = body_.substr(at_, end - at_);
            if (line.empty()) {
                at_ = end + kLineEnd.size();
                return has_disposition
                           ? base::Expected<void>()
                           : unreadable(kWhole, begin, "the part that begins here has no name");
            }
            if (headers == kPartHeadersMax) {
                return too_large("a part has more headers", kPartHeadersMax);
            }
            const std::size_t colon = line.find(':');
            if (colon == std::string_view::npos) {
                return unreadable(kWhole, at_, "a part's header is a name, a colon and a value");
            }
            const std::string_view name = line.substr(0, colon);
            if (auto fault = read_header(name, trimmed(line.substr(colon + 1)), part)) {
                return unreadable(kWhole, at_, *fault);
            }
            has_disposition = has_disposition || same_name(name, "Content-Disposition");
            at_ = end;
        }
    }

    std::string_view body_;
    std::string delimiter_;
    std::size_t at_ = 0;
};

}  // namespace

base::Expected<std::vector<Part>> parse_multipart(std::string_view body, const MediaType& type) {
    auto delimiter = delimiter_of(type);
    if (!delimiter) {
        return base::Unexpected(std::move(delimiter.error()));
    }
    return Reader(body, std::move(*delimiter)).parts();
}

void add_parts(ParamsObject& params, const std::vector<Part>& parts) {
    for (const Part& part : parts) {
        if (!part.filename) {
            params.add_text(part.name, part.bytes);
            continue;
        }
        std::string file = R"({"filename":)";
        wire::append_json_string(file, *part.filename);
        file += R"(,"content_type":)";
        wire::append_json_string(file, part.content_type);
        file += R"(,"content":)";
        wire::append_json_string(file, part.bytes);
        file.push_back('}');
        params.add(part.name, std::move(file));
    }
}

}  // namespace steward::gateway
