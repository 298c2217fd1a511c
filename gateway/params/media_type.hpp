// gateway/params: values of headers that are a word and parameters: Content-Type, and
// Content-Disposition in the parts of a multipart body.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace steward::gateway {

struct MediaParameter {
    std::string name;  // lower-case
    std::string value;

    bool operator==(const MediaParameter&) const = default;
};

/// `multipart/form-data; boundary="a b"`: the word in lower case, the parameters unquoted. Total:
/// what has no form of a parameter is left out.
struct MediaType {
    std::string word;
    std::vector<MediaParameter> parameters;

    [[nodiscard]] static MediaType parse(std::string_view text);

    /// The first parameter of this (lower-case) name, or null.
    [[nodiscard]] const std::string* parameter(std::string_view name) const;
};

/// Without the blanks around it.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// application/json and what is called …+json; text/json as some send it.
[[nodiscard]] bool is_json(const MediaType& type);
/// application/msgpack, application/x-msgpack, application/vnd.msgpack.
[[nodiscard]] bool is_msgpack(const MediaType& type);
/// JSON lines: application/x-ndjson, application/jsonl.
[[nodiscard]] bool is_json_lines(const MediaType& type);

}  // namespace steward::gateway
