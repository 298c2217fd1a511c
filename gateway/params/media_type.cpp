#include "gateway/params/media_type.hpp"

#include <algorithm>
#include <utility>

namespace steward::gateway {

namespace {

constexpr std::string_view kBlanks = " \t";

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

// Takes the inside of a quoted string off the front, to its closing quote or the end. Only \" and
// \\ are escapes: some browsers have sent paths with single backslashes.
std::string take_quoted(std::string_view& text) {
    std::string out;
    while (!text.empty() && text.front() != '"') {
        if (text.starts_with("\\\"") || text.starts_with("\\\\")) {
            text.remove_prefix(1);
        }
        out.push_back(text.front());
        text.remove_prefix(1);
    }
    text.remove_prefix(text.empty() ? 0 : 1);
    return out;
}

void skip_behind(std::string_view& text, char end) {
    text.remove_prefix(std::min(text.find(end), text.size()));
    text.remove_prefix(text.empty() ? 0 : 1);
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    const std::size_t from = text.find_first_not_of(kBlanks);
    return from == std::string_view::npos
               ? std::string_view{}
               : text.substr(from, text.find_last_not_of(kBlanks) - from + 1);
}

MediaType MediaType::parse(std::string_view text) {
    MediaType type;
    type.word = lower(trimmed(text.substr(0, text.find(';'))));
    skip_behind(text, ';');
    while (!text.empty()) {
        const std::size_t equals = text.find_first_of("=;");
        if (equals == std::string_view::npos || text[equals] == ';') {
            skip_behind(text, ';');
            continue;
        }
        std::string name = lower(trimmed(text.substr(0, equals)));
        text.remove_prefix(equals + 1);
        text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
        std::string value;
        if (text.starts_with('"')) {
            text.remove_prefix(1);
            value = take_quoted(text);
        } else {
            value = trimmed(text.substr(0, text.find(';')));
        }
        skip_behind(text, ';');
        type.parameters.push_back({std::move(name), std::move(value)});
    }
    return type;
}

const std::string* MediaType::parameter(std::string_view name) const {
    const auto found = std::ranges::find(parameters, name, &MediaParameter::name);
    return found == parameters.end() ? nullptr : &found->value;
}

bool is_json(const MediaType& type) {
    return type.word == "application/json" || type.word == "text/json" ||
           type.word.ends_with("+json");
}

bool is_msgpack(const MediaType& type) {
    return type.word == "application/msgpack" || type.word == "application/x-msgpack" ||
           type.word == "application/vnd.msgpack";
}

bool is_json_lines(const MediaType& type) {
    return type.word == "application/x-ndjson" || type.word == "application/jsonl";
}

}  // namespace steward::gateway
