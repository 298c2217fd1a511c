#include "client/cli/params_words.hpp"

#include <fstream>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/base/bytes.hpp"
#include "common/model/limits.hpp"
#include "common/wire/params.hpp"

namespace steward::cli {

namespace {

using base::Errc;
using nlohmann::json;

constexpr std::size_t kReadAtATime = 1UL << 16U;

base::Expected<std::string> read_all(std::istream& input, const std::string& name) {
    constexpr std::size_t kBytesMax = model::Limits{}.message_bytes_max;
    std::string bytes;
    while (input) {
        const std::size_t before = bytes.size();
        bytes.resize(before + kReadAtATime);
        input.read(&bytes[before], static_cast<std::streamsize>(kReadAtATime));
        bytes.resize(before + static_cast<std::size_t>(input.gcount()));
        if (bytes.size() > kBytesMax) {
            return base::fail(Errc::TooLarge,
                              name + " is longer than " + std::to_string(kBytesMax) +
                                  " bytes, the most a message may be");
        }
    }
    if (input.bad()) {
        return base::fail(Errc::Io, "cannot read " + name);
    }
    return bytes;
}

base::Expected<json> parse_json(std::string_view text) {
    return wire::decode_params({model::Encoding::Json, base::Blob::copy(text)});
}

model::Payload json_payload(std::string_view text) {
    return {model::Encoding::Json, base::Blob::copy(text)};
}

// What was read from elsewhere is JSON if it can be, else bytes for the worker to understand.
model::Payload payload_of_bytes(std::string_view bytes) {
    if (parse_json(bytes)) {
        return json_payload(bytes);
    }
    return {model::Encoding::Opaque, base::Blob::copy(bytes)};
}

base::Expected<model::Payload> payload_of_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return base::fail(Errc::Io, "cannot open the file \"" + path + "\" for @" + path);
    }
    return read_all(file, "the file \"" + path + "\"").map([](const std::string& bytes) {
        return payload_of_bytes(bytes);
    });
}

// A number in JSON's grammar whose value survives: a long identifier must not be rounded.
std::optional<json> number_of(std::string_view text) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (text.empty() || !(text.front() == '-' || is_digit(text.front())) ||
        !is_digit(text.back())) {  // JSON allows spaces around
        return std::nullopt;
    }
    const auto value = parse_json(text);
    if (!value || !value->is_number()) {
        return std::nullopt;
    }
    const bool is_integer = text.find_first_of(".eE") == std::string_view::npos;
    return is_integer && value->is_number_float() ? std::nullopt : std::optional(*value);
}

json typed_value(std::string_view text) {
    if (text == "true" || text == "false") {
        return text == "true";
    }
    if (text == "null") {
        return nullptr;
    }
    if (auto number = number_of(text)) {
        return *number;
    }
    return std::string(text);
}

base::Unexpected bad_word(std::string_view word, std::string_view why) {
    return base::fail(Errc::BadParams,
                      "params: \"" + base::printable(word) + "\" " + std::string(why));
}

base::Expected<void> add_pair(json& object, std::string_view word) {
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos || equals == 0) {
        return bad_word(word, "is not a pair; write key=value, or key:=JSON, or one JSON text");
    }
    const bool is_raw = word[equals - 1] == ':';
    const std::string key(word.substr(0, equals - (is_raw ? 1 : 0)));
    const std::string_view text = word.substr(equals + 1);
    if (key.empty() || !base::is_utf8(word)) {
        return bad_word(word, key.empty() ? "has no key" : "is no UTF-8");
    }
    if (object.contains(key)) {
        return bad_word(word, "names a key a second time");
    }
    if (!is_raw) {
        object[key] = typed_value(text);
        return {};
    }
    auto value = parse_json(text);
    if (!value) {
        return bad_word(word, "has no JSON after := (" + value.error().message + ")");
    }
    object[key] = std::move(*value);
    return {};
}

// One word that is neither a file nor a pair. It is sent as it is written.
base::Expected<model::Payload> payload_of_json_word(std::string_view word) {
    const auto value = parse_json(word);
    if (value) {
        return json_payload(word);
    }
    if (word.starts_with('{') || word.starts_with('[') || word.starts_with('"')) {
        return bad_word(word, "is no JSON: " + value.error().message);
    }
    return bad_word(word,
                    "is neither JSON nor key=value; a string is written '\"" +
                        base::printable(word, 20) + "\"'");
}

bool looks_like_json(std::string_view word) {
    return word.find('=') == std::string_view::npos || word.starts_with('{') ||
           word.starts_with('[') || word.starts_with('"');
}

}  // namespace

base::Expected<model::Payload> params_from_words(std::span<const std::string> words,
                                                 std::istream& input) {
    if (words.empty()) {
        return model::Payload{};
    }
    if (words.size() == 1) {
        const std::string& word = words.front();
        if (word == "-") {
            return read_all(input, "standard input").map([](const std::string& bytes) {
                return payload_of_bytes(bytes);
            });
        }
        if (word.starts_with('@')) {
            return payload_of_file(word.substr(1));
        }
        if (looks_like_json(word)) {
            return payload_of_json_word(word);
        }
    }
    json object = json::object();
    for (const std::string& word : words) {
        if (auto added = add_pair(object, word); !added) {
            return base::Unexpected(std::move(added.error()));
        }
    }
    return wire::encode_params(object, model::Encoding::Json);
}

}  // namespace steward::cli
