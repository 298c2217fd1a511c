// client/cli: checks of workers by way of their broker: which ones are meant, and what all their
// answers together say. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "client/cli/check_range.hpp"
#include "common/base/expected.hpp"
#include "common/wire/check.hpp"

namespace steward::cli {

/// Of one service are asked at most so many, at once.
inline constexpr std::size_t kWorkersAskedMax = 64;

/// A worker as the broker lists it.
struct ListedWorker {
    std::string id;    // what the broker is asked for
    std::string name;  // "steward-cpp host:4711", as its library has it

    bool operator==(const ListedWorker&) const = default;
};

/// Those of the report "workers". What is no such row is left out.
[[nodiscard]] std::vector<ListedWorker> workers_in(const nlohmann::json& report);

/// The one that somebody calls so: by its id, its name, or the last word of it, "host:4711".
/// Errors: UnknownName; BadOption when it may be several.
[[nodiscard]] base::Expected<ListedWorker> worker_called(const std::vector<ListedWorker>& workers,
                                                         std::string_view text);

struct WorkerAnswer {
    ListedWorker worker;
    base::Expected<wire::Check> answer;
};

/// `workers` and `answered` are counters of all together; every other watched counter is held to
/// its bounds at each worker, and the worst is the verdict. Critical: nobody serves, or one that
/// can answer does not. Counters are told as their sum over all workers, uptime as the shortest.
[[nodiscard]] Judgement judge_workers(std::string_view service,
                                      const std::vector<WorkerAnswer>& answers,
                                      std::size_t workers,
                                      const std::vector<Watched>& watched);

}  // namespace steward::cli
