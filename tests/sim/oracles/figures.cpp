#include "tests/sim/oracles/figures.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "tests/sim/failure.hpp"

namespace steward::sim {
namespace {

// News are JSON: a rogue's name that is no UTF-8 is told as another.
bool is_told_as_it_is(std::string_view name) {
    return std::ranges::all_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

void Figures::hear(const Heard& heard) {
    Counts& counts = counts_[{heard.run, heard.service}];
    Attempt& attempt = attempts_[{heard.run, heard.id}];
    if (heard.event != "RETRY" || heard.body.value("detail", "") != "by an operator") {
        ++counts.events[heard.event];
    }
    if (heard.event == "DELEGATE_START") {
        attempt.is_given = true;
    } else if (heard.event == "EXECUTE_START") {  // else its worker brought it back
        const std::uint64_t begins = attempt.is_given ? 1 : 0;
        counts.begun += begins;
        begun_ += begins;
        attempt = {false, true};
    } else if (heard.ends_attempt()) {
        counts.ended += attempt.is_running && heard.event != "RETURNED" ? 1U : 0U;
        attempt = {};
    }
}

void Figures::check(BrokerRun run, const model::ServiceReport& report) const {
    for (const model::ServiceRow& row : report.rows) {
        if (!is_told_as_it_is(row.service.view())) {
            continue;
        }
        const auto found = counts_.find({run, std::string(row.service.view())});
        const Counts heard = found == counts_.end() ? Counts() : found->second;
        const auto same = [&](const char* what, std::uint64_t counted, std::uint64_t told) {
            if (forgets_ ? counted > told : counted != told) {
                broken("a service's figures are what the news tell: of " +
                       std::string(row.service.view()) + " " + std::to_string(counted) + " " +
                       what + " are counted, and " + std::to_string(told) + " were told");
            }
        };
        const auto events = [&](const char* name) {
            const auto at = heard.events.find(name);
            return at == heard.events.end() ? 0 : at->second;
        };
        same("attempts that began", row.wait.count(), heard.begun);
        same("attempts that ended", row.run.count(), heard.ended);
        same("jobs that succeeded", row.succeeded, events("EXECUTE_COMPLETE"));
        same("jobs that failed", row.failed_jobs, events("FAILED"));
        same("jobs that died", row.died, events("DEAD"));
        same("jobs that expired", row.expired, events("EXPIRED"));
        same("jobs that were cancelled", row.cancelled, events("CANCELLED"));
        same("attempts that failed", row.failed, events("EXECUTE_ERROR"));
        same("attempts that were lost", row.lost, events("DELEGATE_ERROR"));
        same("attempts that were followed by another", row.retried, events("RETRY"));
    }
}

}  // namespace steward::sim
