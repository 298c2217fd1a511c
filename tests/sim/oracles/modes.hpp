// tests/sim: oracle of pause, drain and kill switch, and of waiting: nothing starts or is taken in
// while a mode forbids it, nothing starts before the instant that it was told to wait for.
#pragma once

#include <map>
#include <string>

#include "broker/core/record.hpp"
#include "tests/sim/oracles/job_book.hpp"

namespace steward::sim {

class Modes {
public:
    /// `has_true_wall`: the wall clock does not jump, so that instants can be compared.
    explicit Modes(bool has_true_wall) : has_true_wall_(has_true_wall) {}

    /// A new run has the modes that the last one left on the disk; `keeps`: if there is one.
    void started(BrokerRun run, bool keeps);
    void hear(const Heard& heard);
    void stored(std::size_t broker, const core::Record& fact);

private:
    struct Mode {
        bool takes = true;
        bool starts = true;
    };

    [[nodiscard]] Mode mode_of(BrokerRun run, const std::string& service) const;
    void check_due(const Heard& heard);

    bool has_true_wall_;
    std::map<std::pair<BrokerRun, std::string>, Mode> modes_;   // "*": of all services
    std::map<std::pair<std::size_t, std::string>, Mode> kept_;  // by broker
    std::map<std::pair<BrokerRun, model::JobId>, double> due_;
};

}  // namespace steward::sim
