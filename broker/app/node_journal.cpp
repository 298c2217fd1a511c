#include "broker/app/node_journal.hpp"

#include "broker/core/record_codec.hpp"
#include "broker/store/spill_files.hpp"
#include "common/base/assert.hpp"

namespace steward::app {
namespace {

// So that no commit is larger than any journal's room; one fact alone may be.
constexpr std::size_t kCommitBytes = 4UL << 20U;

}  // namespace

base::Expected<void> JournalFeed::restore(core::Core& core) {
    return journal_.replay([&](std::string_view bytes) -> base::Expected<void> {
        auto record = core::decode_record(bytes);
        if (!record) {
            return base::Unexpected(std::move(record.error()));
        }
        return core.restore(*record);
    });
}

base::Expected<void> JournalFeed::append(std::vector<core::Append>& appends) {
    for (const core::Append& append : appends) {
        core::encode_record(append.record, bytes_);
        ends_.push_back(bytes_.size());
    }
    if (!appends.empty()) {
        // The core counts along with the journal: what is gated by a number must mean this record.
        STEWARD_ASSERT(appends.back().seq == journal_.last() + (ends_.size() - first_));
        appends.clear();
    }
    return hand_over();
}

// One past the last record of the next commit.
std::size_t JournalFeed::commit_end() const {
    std::size_t end = first_ + 1;
    while (end < ends_.size() && ends_[end] - start_of(first_) <= kCommitBytes) {
        ++end;
    }
    return end;
}

base::Expected<void> JournalFeed::hand_over() {
    while (is_behind()) {
        const std::size_t end = commit_end();
        commit_.clear();
        for (std::size_t i = first_; i < end; ++i) {
            commit_.push_back(std::string_view(bytes_).substr(start_of(i), ends_[i] - start_of(i)));
        }
        auto taken = journal_.append(commit_);
        if (!taken && base::class_of(taken.error().code) == base::ErrorClass::Retry) {
            refusal_ = std::move(taken.error());
            return {};
        }
        if (!taken) {
            return taken;
        }
        first_ = end;
    }
    bytes_.clear();
    ends_.clear();
    first_ = 0;
    return {};
}

base::Expected<void> JournalFeed::room() const {
    return is_behind() ? base::Unexpected(refusal_) : journal_.room();
}

base::Expected<void> JournalFeed::checkpoint_if_due(const core::Core& core) {
    if (is_behind() || !journal_.wants_checkpoint()) {
        return {};
    }
    return journal_.checkpoint([&](const store::RecordSink& put) {
        std::string bytes;
        return core.write_facts([&](const core::Record& fact) -> base::Expected<void> {
            if (const auto* spilled = std::get_if<core::JobsSpilled>(&fact)) {
                if (auto synced = journal_.spills()->sync(spilled->spill); !synced) {
                    return synced;
                }
            }
            bytes.clear();
            core::encode_record(fact, bytes);
            return put(bytes);
        });
    });
}

}  // namespace steward::app
