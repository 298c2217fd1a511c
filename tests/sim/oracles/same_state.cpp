// tests/sim: two cores, one state.
#include "tests/sim/oracles/same_state.hpp"

#include <algorithm>

#include "broker/core/core.hpp"
#include "broker/core/record_codec.hpp"
#include "tests/sim/failure.hpp"

namespace steward::sim {
namespace {

// What no record tells is left out: what a core forgets by itself, by age or because its owner
// needs it no more; what volatile jobs added to a batch; and what only people read. False: all of
// it.
bool keep_what_is_told(core::Record& fact) {
    if (auto* stands = std::get_if<core::JobStands>(&fact)) {
        stands->due = {};  // instants are those of a core's own clock
        stands->expires.reset();
        stands->started_at = {};
        stands->text.clear();
    } else if (auto* batch = std::get_if<core::BatchStands>(&fact)) {
        batch->total -= batch->succeeded + batch->failed;
        batch->succeeded = 0;
        batch->failed = 0;
        return !batch->ended_at;
    } else if (auto* modes = std::get_if<core::ModesChanged>(&fact)) {
        std::ranges::sort(modes->changes, {}, &core::ModeChange::service);
    }
    return !std::holds_alternative<core::BatchOpened>(fact) &&
           !std::holds_alternative<core::ResultKept>(fact) &&
           !std::holds_alternative<core::SubmissionsSeen>(fact);
}

// What a core that starts from `records` would write into a checkpoint, sorted.
std::vector<std::string> standing(const core::Policy& policy,
                                  const base::Now& now,
                                  const std::vector<std::string>& records) {
    core::Core core(policy, now, 1);
    for (const std::string& bytes : records) {
        const auto record = core::decode_record(bytes);
        const auto taken = record ? core.restore(*record) : base::Unexpected(record.error());
        if (!taken) {
            broken("a core starts from its own records: " + taken.error().message);
        }
    }
    std::vector<std::string> out;
    const auto done = core.write_facts([&](const core::Record& fact) -> base::Expected<void> {
        if (core::Record told = fact; keep_what_is_told(told)) {
            core::encode_record(told, out.emplace_back());
        }
        return {};
    });
    if (!done) {
        broken("a core writes its state: " + done.error().message);
    }
    std::ranges::sort(out);
    return out;
}

}  // namespace

void check_same_state(const core::Policy& policy,
                      const base::Now& now,
                      const std::vector<std::string>& records,
                      const std::vector<std::string>& facts) {
    const auto of_all = standing(policy, now, records);
    const auto of_facts = standing(policy, now, facts);
    if (of_all != of_facts) {
        broken("a checkpoint amounts to the records that it stands for");
    }
}

}  // namespace steward::sim
