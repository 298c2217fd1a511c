// worker/exec: a worker whose work is a command, run once for each job.
#pragma once

#include "worker/exec/settings.hpp"
#include "worker/worker.hpp"

namespace steward::worker::exec {

/// docs/ready-made-workers.md says what a command is given and what its ways to end mean.
class ExecWorker : public Worker {
public:
    /// Pre: `settings` outlives it.
    explicit ExecWorker(const Settings& settings) : settings_(settings) {}

    Answer work(const Job& job) override;

private:
    const Settings& settings_;
};

}  // namespace steward::worker::exec
