// common/wire: the broker's reports as JSON documents, with ZMWS's key names where it had one
// (service, reqtime, param, clientid, jobid, sync, worker, startedat, completedat, hb, workerid).
#pragma once

#include <functional>
#include <string>

#include "common/model/report.hpp"

namespace steward::wire {

/// How a peer is shown: its routing id as hex. Given by the one who knows routing ids.
using PeerText = std::function<std::string(model::Peer)>;

/// JobReport, WorkerReport, ServiceReport: an array of objects. StatusReport, BrokerReport: one
/// object. ServiceKnown: {"workers": bool}. WhyReport: the job's object with "reasons".
/// LimitReport:
/// {"rows": […]}. What comes in pages: {"rows": […], "next": n}, without "next" at the end. Times
/// are seconds since 1970 with a fraction. `param` shows at most 256 bytes. Buckets of times end
/// with the last that is not empty.
[[nodiscard]] std::string to_json(const model::Report& report, const PeerText& peer_text);

}  // namespace steward::wire
