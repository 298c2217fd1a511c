// gateway/api: what goes wrong, as an answer for a program and a person (RFC 9457).
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "common/base/expected.hpp"
#include "gateway/message/message.hpp"

namespace steward::gateway {

/// 4xx: the request is wrong, 404 only for what nobody knows; 502: the job has failed; 503: later,
/// with Retry-After; 504: no end in time. docs/http-api.md has the table.
[[nodiscard]] unsigned status_of(base::Errc code);

/// {"title", "status", "detail", "code", "name"}; `title` is the code's meaning.
[[nodiscard]] nlohmann::json problem_json(const base::Error& error);
/// The same as an answer, with Retry-After where waiting helps.
[[nodiscard]] Response problem(const base::Error& error);
/// A refusal that has no code of its own: 401, 403, 404 of a path, 405, 415.
[[nodiscard]] Response problem(unsigned status, std::string_view detail);

}  // namespace steward::gateway
