// broker/app: what a worker announces in the native protocol, looked at before it is believed.
#include <algorithm>
#include <string>
#include <utility>

#include "broker/app/translate_parts.hpp"
#include "common/model/label.hpp"
#include "common/model/limits.hpp"
#include "common/wire/native.hpp"

namespace steward::app {

namespace native = wire::native;
using base::Errc;

base::Error unspoken(std::uint32_t version) {
    return {Errc::UnsupportedVersion,
            "this broker speaks version " + std::to_string(native::kVersion) +
                " of the native protocol, not " + std::to_string(version)};
}

base::Expected<core::Ready> checked(native::WorkerReady&& ready, const core::Address& from) {
    if (ready.version != native::kVersion) {
        return base::Unexpected(unspoken(ready.version));
    }
    if (ready.services.empty() || ready.services.size() > model::kServicesPerWorkerMax ||
        ready.running.size() > model::kRunningPerReadyMax) {
        return base::fail(Errc::Malformed,
                          "a worker announces 1 to " +
                              std::to_string(model::kServicesPerWorkerMax) +
                              " services and at most " +
                              std::to_string(model::kRunningPerReadyMax) + " running attempts");
    }
    core::Ready input;
    input.from = from;
    input.name = std::move(ready.library);
    input.concurrency = std::max(ready.concurrency, 1U);
    input.credit_max = std::max(ready.credit_max, 1U);
    input.heartbeat_interval = std::max(ready.heartbeat_interval, base::Duration::zero());
    input.beats_while_busy = true;
    input.can_be_asked = true;
    input.services.reserve(ready.services.size());
    for (const std::string& name : ready.services) {
        auto service = parse_announced(name);
        if (!service) {
            return base::Unexpected(std::move(service.error()));
        }
        input.services.push_back(*std::move(service));
    }
    for (const std::string& name : ready.channels) {
        if (const std::string fault = model::label_fault(name); name.empty() || !fault.empty()) {
            return base::fail(Errc::BadName,
                              "a channel's name " + (fault.empty() ? "is not empty" : fault));
        }
        input.channels.emplace_back(name == model::kDefaultChannel ? "" : name);
    }
    input.running.reserve(ready.running.size());
    for (const native::WorkerReady::Running& running : ready.running) {
        auto service = parse_announced(running.service);
        if (!service) {
            return base::Unexpected(std::move(service.error()));
        }
        input.running.push_back({running.attempt, running.submission, *std::move(service)});
    }
    return input;
}

}  // namespace steward::app
