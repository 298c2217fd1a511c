// worker/http: how a receiver knows that a request is ours and new: the scheme of
// standardwebhooks.com, for which there are libraries in many languages. The door to OpenSSL's
// HMAC.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/expected.hpp"

namespace steward::worker::http {

inline constexpr std::size_t kSecretBytesMin = 16;
inline constexpr std::size_t kSecretsMax = 8;

/// The secrets of a file's text, one a line: "whsec_" and base64, or the bytes themselves. Blank
/// lines and those with # in front are none.
/// Errors: BadConfig: none, too many, one too short, bad base64. No secret is in the message.
[[nodiscard]] base::Expected<std::vector<std::string>> parse_secrets(std::string_view text);

/// The value of webhook-signature: for each secret "v1," and the base64 of HMAC-SHA256 over
/// "ID.SECONDS.BODY", with a space between, so that a receiver may know either secret while one
/// follows the other.
[[nodiscard]] std::string signature_of(const std::vector<std::string>& secrets,
                                       std::string_view id,
                                       std::int64_t seconds,
                                       std::string_view body);

}  // namespace steward::worker::http
