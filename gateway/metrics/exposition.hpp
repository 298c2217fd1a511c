// gateway/metrics: the page that Prometheus reads: from the broker's reports and the gateway's own
// counters to text. Asks nobody and keeps nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.hpp"
#include "gateway/metrics/counters.hpp"

namespace steward::gateway {

/// The broker's answers to queries of these names, as they came. One that did not come is empty,
/// and so are the metrics that it has; what cannot be read counts as not come.
struct Reports {
    std::string_view broker;
    std::string_view services;
    std::string_view workers;
    std::string_view groups;  // its first page
    std::string_view limits;
};

/// What the gateway takes of its machine.
struct OwnProcess {
    std::uint64_t resident_bytes = 0;
    std::uint64_t open_files = 0;
    std::uint64_t open_files_max = 0;
    base::Duration cpu{};
    base::WallTime started_at{};
};

/// How many values a label may have. What comes first in a report has its own; all others are one,
/// "_other".
struct LabelBounds {
    std::size_t services_max = 200;
    std::size_t groups_max = 50;
    std::size_t limits_max = 100;
};

/// The content type of the page.
inline constexpr std::string_view kExpositionType = "text/plain; version=0.0.4; charset=utf-8";

/// The page. docs/monitoring.md has every metric.
///
/// Bound: about 8 KB for each service that `bounds` lets have a label of its own.
[[nodiscard]] std::string exposition(const Reports& reports,
                                     const GatewayCounters& counters,
                                     const std::optional<OwnProcess>& process,
                                     const LabelBounds& bounds = {});

}  // namespace steward::gateway
