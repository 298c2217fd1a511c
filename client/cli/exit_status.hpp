// client/cli: how the program `steward` ends. The numbers are documented in docs/command-line.md.
#pragma once

#include "common/base/expected.hpp"

namespace steward::cli {

enum ExitStatus : int {
    kSuccess = 0,
    kJobFailed = 1,      // the job ran, or could not be started in time, and did not succeed
    kUsage = 2,          // the command line is wrong; nothing was sent
    kTimeout = 3,        // no answer in time; the job may go on
    kRefused = 4,        // the broker, or this machine, did not take the request
    kNoBroker = 5,       // no broker answers
    kPluginUnknown = 3,  // `check` alone: what a monitoring plugin says of wrong usage
    kTorn = 6,           // a journal's last write is torn: harmless
    kDamaged = 7,        // a journal is damaged
    kUnwritten = 8,      // what was asked for is done, but standard output did not take it all
};

[[nodiscard]] ExitStatus exit_status_of(base::Errc code);

}  // namespace steward::cli
