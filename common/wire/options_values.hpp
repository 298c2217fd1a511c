// common/wire: the values of job options out of decoded JSON or msgpack, each in every form in
// which people may give it. Which option has which range is the table's matter (options.cpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "common/base/blob.hpp"
#include "common/base/time.hpp"
#include "common/model/options.hpp"

namespace steward::wire {

/// A string; or {"base64": "…"}, as JSON has it where the bytes are no UTF-8.
[[nodiscard]] std::optional<std::string> text_of(const nlohmann::json& value);
/// An integer from `least` to `most`.
[[nodiscard]] std::optional<std::int64_t> integer_of(const nlohmann::json& value,
                                                     std::int64_t least,
                                                     std::int64_t most);
/// An integer of 32 bits with sign; or low, normal, high, urgent.
[[nodiscard]] std::optional<std::int32_t> priority_of(const nlohmann::json& value);
/// Seconds; or a text with a unit.
[[nodiscard]] std::optional<base::Duration> duration_of(const nlohmann::json& value,
                                                        base::Duration least,
                                                        base::Duration most);
/// Seconds since 1970; or a text as parse_instant() has it.
[[nodiscard]] std::optional<base::WallTime> instant_of(const nlohmann::json& value);
/// Bytes; or a text with a unit. From kMemoryLimitMin to kMemoryLimitMax.
[[nodiscard]] std::optional<std::uint64_t> memory_of(const nlohmann::json& value);
/// A number in a second; or a text as parse_rate() has it.
[[nodiscard]] std::optional<model::Rate> rate_of(const nlohmann::json& value);
/// A map of strings within kMetaEntriesMax and kMetaBytesMax, as msgpack; an empty one is empty.
[[nodiscard]] std::optional<base::Blob> meta_of(const nlohmann::json& value);

}  // namespace steward::wire
