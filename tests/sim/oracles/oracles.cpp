#include "tests/sim/oracles/oracles.hpp"

#include <nlohmann/json.hpp>

#include "broker/core/record_codec.hpp"
#include "tests/sim/failure.hpp"

namespace steward::sim {

Oracles::Oracles(const Plan& plan)
    : gates_(plan.policy.limits_named, !plan.has(Fault::LateJournal)),
      modes_(!plan.has(Fault::WallJumps)) {}

void Oracles::published(BrokerRun run, MonoTime now, std::string_view body) {
    const auto json = nlohmann::json::parse(body, nullptr, false);
    if (!json.is_object()) {
        broken("events are JSON");
    }
    const Heard heard = book_.read(run, now, json);
    gates_.hear(heard);
    turns_.hear(heard);
    keys_.hear(heard);
    ends_.hear(heard);
    modes_.hear(heard);
}

void Oracles::stored(std::size_t broker, std::string_view record) {
    const auto fact = core::decode_record(record);
    if (!fact) {
        broken("the journal's records can be read: " + fact.error().message);
    }
    ends_.stored(broker, *fact);
}

}  // namespace steward::sim
