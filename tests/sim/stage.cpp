// tests/sim: what every actor shares.
#include "tests/sim/stage.hpp"

#include "common/base/bytes.hpp"
#include "tests/sim/failure.hpp"
#include "tests/sim/operator_acts.hpp"

namespace steward::sim {

void Stage::remember(const model::JobId& job) {
    constexpr std::size_t kRemembered = 20;
    if (known_jobs.size() == kRemembered) {
        known_jobs.erase(known_jobs.begin());
    }
    known_jobs.push_back(job);
}

Uid Stage::uid_of_job(std::string_view params) const {
    if (params.find(kNobodysParams) != std::string_view::npos) {
        return kNobodysCall;
    }
    const auto uid = uid_in(params);
    if (!uid && !plan.has(Fault::Garbage)) {
        broken("params arrive as they were sent: \"" + base::printable(params) + "\"");
    }
    return uid.value_or(kNobodysCall);
}

}  // namespace steward::sim
