// broker/app: how the broker is, for a monitoring system: what its report says in a line of words
// and in counters.
#pragma once

#include <cstdint>
#include <optional>

#include "common/model/report.hpp"
#include "common/wire/check.hpp"

namespace steward::app {

/// The form of an answer (core::Address) that is to be told as a check: to one who may see all of
/// it, or to anybody.
[[nodiscard]] std::uint32_t as_check(std::uint32_t form, bool privileged);
/// Whether it is, and to whom; nothing: it is no check.
[[nodiscard]] std::optional<bool> check_in(std::uint32_t form);

/// Anybody is told what waits and runs; who knows the secret also of memory, limits and faults.
[[nodiscard]] wire::Check check_of(const model::BrokerReport& report, bool privileged);

}  // namespace steward::app
