// gateway/api: what happens, as a piece of an event stream (WHATWG HTML, 9.2) and as JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "client/answer.hpp"

namespace steward::gateway {

/// "id: 7\nevent: NAME\ndata: {…}\n\n". JSON has no line ends of its own.
[[nodiscard]] std::string event_text(std::string_view name,
                                     const nlohmann::json& data,
                                     std::optional<std::uint64_t> id = std::nullopt);
/// The same of data that is JSON text already.
[[nodiscard]] std::string event_of_text(std::string_view name,
                                        std::string_view json,
                                        std::optional<std::uint64_t> id = std::nullopt);

/// {"job", "value"}
[[nodiscard]] nlohmann::json partial_json(const client::Answer& part);
/// {"job", "done", "total", "text"}
[[nodiscard]] nlohmann::json progress_json(const client::Progress& step);

}  // namespace steward::gateway
