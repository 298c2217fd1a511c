#include "gateway/params/jsonp.hpp"

#include <algorithm>

#include "gateway/params/limits.hpp"

namespace steward::gateway {

namespace {

bool may_begin(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

bool may_go_on(char c) {
    return may_begin(c) || (c >= '0' && c <= '9');
}

bool is_word(std::string_view word) {
    return !word.empty() && may_begin(word.front()) && std::ranges::all_of(word, may_go_on);
}

}  // namespace

bool is_jsonp_name(std::string_view name) {
    if (name.size() > kJsonpNameBytesMax) {
        return false;
    }
    for (std::size_t point = name.find('.'); point != std::string_view::npos;
         point = name.find('.')) {
        if (!is_word(name.substr(0, point))) {
            return false;
        }
        name.remove_prefix(point + 1);
    }
    return is_word(name);
}

std::string jsonp_text(std::string_view name, std::string_view json) {
    constexpr std::string_view kLineSeparator = "\xE2\x80\xA8";
    constexpr std::string_view kParagraphSeparator = "\xE2\x80\xA9";
    std::string out = "/**/";
    out.reserve(json.size() + name.size() + 8);
    out += name;
    out.push_back('(');
    for (std::size_t at = 0; at < json.size();) {
        const std::size_t next = std::min(json.find('\xE2', at), json.size());
        out += json.substr(at, next - at);
        at = next;
        const std::string_view rest = json.substr(at);
        if (rest.starts_with(kLineSeparator) || rest.starts_with(kParagraphSeparator)) {
            out += rest.starts_with(kLineSeparator) ? "\\u2028" : "\\u2029";
            at += kLineSeparator.size();
        } else if (!rest.empty()) {
            out.push_back(rest.front());
            ++at;
        }
    }
    out += ");";
    return out;
}

}  // namespace steward::gateway
