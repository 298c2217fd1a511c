// worker/http: where jobs are posted to: a URL in its parts. The door to OpenSSL's URL reader.
#pragma once

#include <string>

#include "common/base/expected.hpp"

namespace steward::worker::http {

struct Target {
    bool is_tls = false;
    std::string host;       // of IPv6 without brackets
    std::string port;       // a number
    std::string path;       // with its query, "/" at least
    std::string authority;  // as the Host header has it
};

/// Errors: BadConfig: no http:// or https:// URL, or one with a user or a fragment.
[[nodiscard]] base::Expected<Target> parse_target(const std::string& url);

}  // namespace steward::worker::http
