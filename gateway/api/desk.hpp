// gateway/api: what the handlers work with.
#pragma once

#include <array>
#include <cstddef>

#include "common/base/prng.hpp"
#include "common/base/time.hpp"
#include "gateway/api/broker_link.hpp"
#include "gateway/api/gatekeeper.hpp"
#include "gateway/api/live.hpp"
#include "gateway/api/monitor.hpp"
#include "gateway/api/repeated.hpp"
#include "gateway/api/watches.hpp"
#include "gateway/http/loop.hpp"

namespace steward::gateway {

struct DeskOptions {
    base::Duration call_timeout = std::chrono::seconds(30);  // where the caller names none
    std::size_t lines_max = 10'000;                          // jobs in one request
    FeedLimits feed;
};

/// Lives as long as the loop runs.
class Desk {
public:
    Desk(Loop& loop_given,
         BrokerLink& broker_given,
         const DeskOptions& options_given,
         const FrontOptions& front,
         std::uint64_t seed,
         base::WallTime now)
        : loop(loop_given),
          broker(broker_given),
          options(options_given),
          gatekeeper(front),
          monitor(loop, broker),
          watches(loop, broker),
          live(loop,
               broker,
               options.feed,
               static_cast<std::uint64_t>(now.time_since_epoch().count())),
          chance_(seed) {
        broker.on_link = [this] {
            monitor.on_link();
            watches.on_link();
        };
    }

    /// For ids that need not be secret.
    [[nodiscard]] std::array<unsigned char, 16> random_bytes();

    Loop& loop;
    BrokerLink& broker;
    const DeskOptions options;
    Gatekeeper gatekeeper;
    RepeatedRequests repeated;
    Monitor monitor;
    Watches watches;
    Live live;

private:
    base::Prng chance_;
};

}  // namespace steward::gateway
