// gateway/message: one request and its answer as values, without a word of the library that carries
// them. Knows nothing of jobs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/blob.hpp"

namespace steward::gateway {

enum class Method : std::uint8_t { Get, Head, Post, Put, Patch, Delete, Options, Other };

[[nodiscard]] std::string_view name_of(Method method);

struct Header {
    std::string name;
    std::string value;

    bool operator==(const Header&) const = default;
};

/// Names of headers know no case (RFC 9110, 5.1).
[[nodiscard]] bool same_name(std::string_view one, std::string_view other);

/// Views into what is asked for: "/a%20b?k=v" is the path "/a%20b" and the query "k=v", both as
/// they came.
struct Request {
    Method method = Method::Get;
    std::string path;
    std::string query;
    std::vector<Header> headers;
    std::string body;
    std::string remote;      // the peer's address
    bool is_secure = false;  // came over TLS
    std::string id;          // of the request, in the access log and the answer's X-Request-Id
    std::string token = {};  // the name of the one it was let in with, for the access log

    /// The value of the first header of this name; empty when there is none.
    [[nodiscard]] std::string_view header(std::string_view name) const;
};

struct Response {
    unsigned status = 200;
    std::string content_type = {};  // empty: no body, no such header
    base::Blob body = {};
    std::vector<Header> headers = {};
};

/// The words that belong to a status: "Not Found".
[[nodiscard]] std::string_view reason_of(unsigned status);

}  // namespace steward::gateway
