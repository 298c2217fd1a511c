// client: lost submissions sent again under their own ids, over a connection of their own.
#pragma once

#include <vector>

#include "client/client.hpp"
#include "client/resubmission.hpp"

namespace steward::client {

/// Blocks until each job is answered, or until none has been for `patience`. In the order they were
/// given: the job that each submission is, a new one or the one it has been all along; or why not,
/// Timeout where the broker is silent (see Resubmission). Of the options the brokers, the
/// connect_timeout and the heartbeat's count.
/// Errors: Malformed for a broker's address; Disconnected when no broker has answered within the
/// connect_timeout, of which each of several has its share; KeyRefused; Io.
[[nodiscard]] Expected<std::vector<Expected<Submitted>>> resubmit(const Options& options,
                                                                  std::vector<Resubmit> jobs,
                                                                  base::Duration patience);

}  // namespace steward::client
