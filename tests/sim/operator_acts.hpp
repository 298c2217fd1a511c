// tests/sim: what operators do, as requests of the native protocol.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/wire/native.hpp"
#include "tests/sim/stage.hpp"

namespace steward::sim {

/// Asks workers how they are, cancels, edits, purges, changes modes, retries or discards dead
/// letters, sets groups, limits and schedules; does not cancel.
[[nodiscard]] wire::native::Operate draw_act(Stage& stage);

[[nodiscard]] std::vector<model::JobId> some_jobs(Choices& choices,
                                                  const std::vector<model::JobId>& known);
[[nodiscard]] wire::native::Operate cancel(const std::vector<model::JobId>& jobs);

/// The service takes and starts jobs again; empty: all do, but for what is set of one alone.
[[nodiscard]] wire::native::Operate run_again(const std::string& service);

/// Throws the service's dead letters away.
[[nodiscard]] wire::native::Operate discard_all(const std::string& service);

[[nodiscard]] wire::native::Operate batch_open(const std::string& name, bool is_followed);
[[nodiscard]] wire::native::Operate batch_close(const std::string& name);

/// Params of jobs that no client submits: nobody's call.
inline constexpr std::string_view kNobodysParams = "nobody's";

}  // namespace steward::sim
