// gateway/api: what the handlers work with.
#pragma once

#include "common/base/time.hpp"
#include "gateway/api/broker_link.hpp"
#include "gateway/api/repeated.hpp"
#include "gateway/http/loop.hpp"

namespace steward::gateway {

struct DeskOptions {
    base::Duration call_timeout = std::chrono::seconds(30);  // where the caller names none
    std::size_t lines_max = 10'000;                          // jobs in one request
};

/// Lives as long as the loop runs.
class Desk {
public:
    Desk(Loop& loop_given, BrokerLink& broker_given, DeskOptions options_given)
        : loop(loop_given), broker(broker_given), options(options_given) {}

    Loop& loop;
    BrokerLink& broker;
    const DeskOptions options;
    RepeatedRequests repeated;
};

}  // namespace steward::gateway
