#include "broker/app/node_journal.hpp"

#include <algorithm>

#include "broker/core/record_codec.hpp"
#include "broker/store/segment_format.hpp"
#include "broker/store/spill_files.hpp"
#include "common/base/assert.hpp"
#include "common/model/limits.hpp"

namespace steward::app {
namespace {

// So that no commit is larger than any journal's room; one fact alone may be.
constexpr std::size_t kCommitBytes = 4UL << 20U;
static_assert(store::kCommitBytesMax >= model::kBrokersMessageBytesMax);
// What is gathered while the journal is at work; then it is the journal's to queue it.
constexpr std::size_t kGatherBytes = 1UL << 20U;
// Of params and meta together: below, writing them costs less than to make a form without them.
constexpr std::size_t kShortenFrom = 256;

}  // namespace

base::Expected<void> JournalFeed::restore(core::Core& core) {
    return journal_.replay([&](std::string_view bytes) -> base::Expected<void> {
        auto record = core::decode_record(bytes);
        if (!record) {
            return base::Unexpected(std::move(record.error()));
        }
        auto restored = core.restore(*record);
        if (const auto* spilled = std::get_if<core::JobsSpilled>(&*record)) {
            note_lost(*spilled);
        }
        return restored;
    });
}

void JournalFeed::note_lost(const core::JobsSpilled& fact) {
    if (journal_.spills() == nullptr) {
        return;
    }
    const std::vector<store::SpillLost>& all = journal_.spills()->lost();
    for (; noted_ < all.size(); ++noted_) {
        const store::SpillLost& one = all[noted_];
        if (one.place && std::ranges::find(fact.gone, *one.place) != fact.gone.end()) {
            continue;  // it had left the file
        }
        const model::JobId id{one.item.epoch, one.item.number};
        lost_.push_back(one.path + ", offset " + std::to_string(one.fault.offset) + ": " +
                        one.fault.rule + "; lost: " +
                        (one.place ? "job " + id.text()
                                   : std::to_string(fact.count) + " jobs of " +
                                         std::string(fact.service.view())));
    }
}

base::Expected<void> JournalFeed::append(std::vector<core::Append>& appends) {
    for (core::Append& append : appends) {
        take(append);
    }
    if (!appends.empty()) {
        // The core counts along with the journal: what is gated by a number must mean this record.
        STEWARD_ASSERT(appends.back().seq == journal_.last() + (facts_.size() - first_));
        appends.clear();
    }
    // What waits after this was seen to wait for the journal's work, whose end wakes the loop.
    if (auto seen = look(); !seen || !is_waiting() || may_gather()) {
        return seen;
    }
    if (auto taken = hand_over(); !taken) {
        return taken;
    }
    return look();
}

void JournalFeed::take(core::Append& append) {
    const std::size_t index = facts_.size();
    core::encode_record(append.record, bytes_);
    if (auto* accepted = std::get_if<core::JobAccepted>(&append.record)) {
        model::JobSpec& spec = accepted->spec;
        if (spec.params.bytes.size() + spec.options.meta.size() >= kShortenFrom) {
            spec.params = {};
            spec.options.meta = {};
            core::encode_record(append.record, short_bytes_);
        }
    }
    facts_.push_back({bytes_.size(), short_bytes_.size(), 0});
    const core::Seq first = append.seq - index;  // number of facts_[0]
    if (append.settles >= first + first_) {
        facts_[append.settles - first].settled_by = index;
    }
}

std::string_view JournalFeed::bytes_of(std::size_t fact) const {
    const std::size_t start = fact == 0 ? 0 : facts_[fact - 1].end;
    return std::string_view(bytes_).substr(start, facts_[fact].end - start);
}

std::string_view JournalFeed::short_bytes_of(std::size_t fact) const {
    const std::size_t start = fact == 0 ? 0 : facts_[fact - 1].short_end;
    return std::string_view(short_bytes_).substr(start, facts_[fact].short_end - start);
}

std::size_t JournalFeed::bytes_in(std::size_t first, std::size_t end) const {
    return first == end ? 0 : facts_[end - 1].end - (first == 0 ? 0 : facts_[first - 1].end);
}

// The journal writes and syncs, and takes the next commit when it is done with this one.
bool JournalFeed::may_gather() const {
    return durable_ < journal_.last() && !is_refused_ && journal_.room() &&
           bytes_in(first_, facts_.size()) < kGatherBytes;
}

base::Expected<void> JournalFeed::look() {
    const auto safe = journal_.durable();
    if (!safe) {
        return base::Unexpected(safe.error());
    }
    durable_ = *safe;
    return {};
}

// One past the last record of the next commit.
std::size_t JournalFeed::commit_end() const {
    std::size_t end = first_ + 1;
    while (end < facts_.size() && bytes_in(first_, end + 1) <= kCommitBytes) {
        ++end;
    }
    return end;
}

base::Expected<void> JournalFeed::hand_over() {
    while (is_waiting()) {
        const std::size_t end = commit_end();
        commit_.clear();
        for (std::size_t i = first_; i < end; ++i) {
            // Within one commit only: the disk has both facts or none.
            const bool is_settled = facts_[i].settled_by != 0 && facts_[i].settled_by < end;
            const std::string_view brief = is_settled ? short_bytes_of(i) : std::string_view();
            commit_.push_back(brief.empty() ? bytes_of(i) : brief);
        }
        auto taken = journal_.append(commit_);
        is_refused_ = !taken && base::class_of(taken.error().code) == base::ErrorClass::Retry;
        if (is_refused_) {
            refusal_ = std::move(taken.error());
            return {};
        }
        if (!taken) {
            return taken;
        }
        first_ = end;
    }
    bytes_.clear();
    short_bytes_.clear();
    facts_.clear();
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
    if (auto taken = hand_over(); !taken || is_behind()) {
        return taken;
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
