// broker/app: the core's facts on their way into the journal. Encodes them and keeps those for
// which the journal has no room yet. Decides nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "broker/core/core.hpp"
#include "broker/core/effect.hpp"
#include "broker/store/journal.hpp"

namespace steward::app {

/// Thread: the loop's.
/// Bound: while is_behind() the node refuses what would add a durable job; facts of jobs that exist
///        are bounded by them.
class JournalFeed {
public:
    explicit JournalFeed(store::Journal& journal) : journal_(journal) {}

    /// Gives the core every fact of earlier runs. Only before anything is appended.
    /// Errors: of the journal and of core::Core::restore.
    [[nodiscard]] base::Expected<void> restore(core::Core& core);

    /// Hands over what waits and then `appends`, in order; the list is empty afterwards. What the
    /// journal has no room for waits for the next call.
    /// Errors: JournalFailed.
    [[nodiscard]] base::Expected<void> append(std::vector<core::Append>& appends);

    /// How far the facts are safe. Errors: JournalFailed.
    [[nodiscard]] base::Expected<core::Seq> durable() const { return journal_.durable(); }

    /// The journal refused a commit and has not taken it yet.
    [[nodiscard]] bool is_behind() const { return first_ < ends_.size(); }

    /// Why nothing may be taken in that the journal must hold. Errors: QueueFull, DiskFull.
    [[nodiscard]] base::Expected<void> room() const;

    /// Begins a checkpoint of `core` when one is due. Pre: all facts of the core were appended.
    /// Errors: of store::Journal::checkpoint; the journal goes on as it is.
    [[nodiscard]] base::Expected<void> checkpoint_if_due(const core::Core& core);

private:
    [[nodiscard]] std::size_t start_of(std::size_t record) const {
        return record == 0 ? 0 : ends_[record - 1];
    }

    [[nodiscard]] std::size_t commit_end() const;
    [[nodiscard]] base::Expected<void> hand_over();

    store::Journal& journal_;
    std::string bytes_;              // encoded facts, one behind the other
    std::vector<std::size_t> ends_;  // where each ends
    std::size_t first_ = 0;          // those before it are the journal's
    std::vector<std::string_view> commit_;
    base::Error refusal_;  // why it is behind
};

}  // namespace steward::app
