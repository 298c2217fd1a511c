// master: a worker that many programs share: at an address that all of them know, started by the
// first that needs it, without a broker. Public.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "client/client.hpp"
#include "common/base/expected.hpp"
#include "master/profile.hpp"

namespace steward::master {

struct Shared {
    /// "ipc:///path", or "tcp://host:port", where it listens.
    std::string address;
    /// What to start there when nobody answers. Its program is empty: nothing, it is somebody
    /// else's to start. `--listen ADDRESS` is added to the arguments; user, group, nice and limits
    /// do not count.
    Profile profile = {};
    /// What it serves, for the kill switch: while all of them are off nothing is started. None:
    /// only the global switch counts.
    std::vector<std::string> services = {};
    /// The kill switch's file (docs/supervisor.md). Empty: kill-switch.json in the run folder that
    /// STEWARD_RUN_DIR names; without that there is none.
    std::string kill_switch = {};
    /// How long a worker that was started may take to answer.
    base::Duration start_timeout = std::chrono::seconds(10);
    /// Its `brokers` do not count.
    client::Options client = {};
};

/// A client of that worker: call() and stream() as of a broker's service. Of masters that come at
/// the same time one starts the worker, under a lock that ends with it, and the others wait. A
/// worker on another machine is connected to and never started. What was started goes on when this
/// program ends, until it is stopped: by SIGTERM, or by one who knows its secret.
///
/// Blocks: until it answers, twice start_timeout at most.
/// Errors: Disconnected: nobody answers, and it could not or was not to be started; ServiceStopped:
///         the kill switch is off, or cannot be read; Io, Malformed, BadConfig.
[[nodiscard]] base::Expected<client::Client> connect_shared(const Shared& shared);

/// Whether one may be started at `address` from here: it is on this machine.
[[nodiscard]] bool is_local(const std::string& address);

}  // namespace steward::master
