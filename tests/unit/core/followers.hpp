// What tests of followers say and look at.
#pragma once

#include "broker/core/parts.hpp"
#include "tests/unit/core/core_fixture.hpp"

namespace steward::core::test {

inline Await follow(std::uint64_t peer, const model::JobId& job, base::Duration wait = 1h) {
    return {at(peer, peer), job, wait, true};
}

inline Effects& report(Broker& broker, const model::Attempt& attempt, std::uint64_t done) {
    Progress progress;
    progress.from = Peer{1};
    progress.attempt = attempt;
    progress.done = done;
    progress.total = 9;
    progress.text = "step " + std::to_string(done);
    return broker.apply(std::move(progress));
}

inline Effects& part(Broker& broker, const model::Attempt& attempt, std::string_view data) {
    Partial partial;
    partial.from = Peer{1};
    partial.attempt = attempt;
    partial.data = {model::Encoding::Json, base::Blob::copy(data)};
    return broker.apply(std::move(partial));
}

inline std::string parts_told(const Effects& effects) {
    std::string told;
    for (const auto& [to, partial] : sent<JobPartial>(effects)) {
        told += std::string(partial->data.bytes.view()) + " ";
    }
    return told;
}

inline std::size_t kept_bytes(Broker& broker) {
    return used(broker, "parts_bytes");
}

}  // namespace steward::core::test
