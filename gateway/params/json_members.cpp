#include "gateway/params/json_members.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/wire/params_json.hpp"

namespace steward::gateway {

namespace {

constexpr std::string_view kSpace = " \t\r\n";

// Walks over text that is known to be JSON. Each step asks whether there is something left, so that
// not even a mistake in that knowledge leads out of the text.
class Walk {
public:
    explicit Walk(std::string_view text) : text_(text) {}

    void skip_space() { at_ = std::min(text_.find_first_not_of(kSpace, at_), text_.size()); }

    // Takes `byte`, and space before it, where it comes next.
    bool take(char byte) {
        skip_space();
        if (at_ == text_.size() || text_[at_] != byte) {
            return false;
        }
        ++at_;
        return true;
    }

    std::string_view string() {
        skip_space();
        const std::size_t from = at_;
        skip_string();
        return text_.substr(from, at_ - from);
    }

    // Up to the comma or bracket that ends it.
    std::string_view value() {
        skip_space();
        const std::size_t from = at_;
        std::size_t depth = 0;
        while (at_ < text_.size()) {
            const char here = text_[at_];
            if (here == '"') {
                skip_string();
                continue;
            }
            if (depth == 0 && (here == ',' || here == '}')) {
                break;
            }
            depth += here == '{' || here == '[' ? 1U : 0U;
            depth -= (here == '}' || here == ']') && depth > 0 ? 1U : 0U;
            ++at_;
        }
        const std::string_view value = text_.substr(from, at_ - from);
        return value.substr(0, value.find_last_not_of(kSpace) + 1);
    }

private:
    void skip_string() {
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            at_ += text_[at_] == '\\' ? 1U : 0U;
        }
        at_ = std::min(at_ + 1, text_.size());
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

std::string unquoted(std::string_view quoted) {
    const auto name = nlohmann::json::parse(quoted, nullptr, false);
    return name.is_string() ? name.get<std::string>() : std::string(quoted);
}

}  // namespace

std::string_view without_mark(std::string_view text) {
    constexpr std::string_view kMark = "\xEF\xBB\xBF";
    return text.starts_with(kMark) ? text.substr(kMark.size()) : text;
}

bool json_begins_with(std::string_view text, char first) {
    text = without_mark(text);
    const std::size_t at = text.find_first_not_of(kSpace);
    return at != std::string_view::npos && text[at] == first;
}

base::Expected<std::vector<JsonMember>> json_members(std::string_view text) {
    text = without_mark(text);
    if (auto checked = wire::read_json(text, nullptr); !checked) {
        return base::Unexpected(std::move(checked.error()));
    }
    Walk walk(text);
    if (!walk.take('{')) {
        return base::fail(base::Errc::BadParams, "the JSON is no object");
    }
    std::vector<JsonMember> members;
    while (!walk.take('}')) {
        std::string name = unquoted(walk.string());
        if (!walk.take(':')) {
            return base::fail(base::Errc::BadParams, "the JSON is no object");
        }
        members.push_back({std::move(name), walk.value()});
        (void)walk.take(',');
    }
    return members;
}

}  // namespace steward::gateway
