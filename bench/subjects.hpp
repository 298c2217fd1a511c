// bench: the servers that are measured.
#pragma once

#include <memory>
#include <string>

#include "bench/workload.hpp"

namespace steward::bench {

/// The bare ROUTER–ROUTER forwarder of bare.cpp.
[[nodiscard]] std::unique_ptr<Subject> bare_forwarder();

/// The real broker, real worker processes and the client library.
struct BrokerSettings {
    bool lifecycle = false;  // keeps the lifecycle log
    bool durable = false;    // background jobs go through the journal
};

[[nodiscard]] std::unique_ptr<Subject> steward_broker(const BrokerSettings& settings);

}  // namespace steward::bench
