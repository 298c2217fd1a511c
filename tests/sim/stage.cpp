// tests/sim: what every actor shares.
#include "tests/sim/stage.hpp"

#include "common/base/bytes.hpp"
#include "tests/sim/failure.hpp"
#include "tests/sim/operator_acts.hpp"

namespace steward::sim {

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
