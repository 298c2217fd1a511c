// broker/app: the core's facts on their way into the journal. Encodes them and gathers, while the
// journal is at work, what will be its next commit: of a job that ends meanwhile, params and meta
// need not be written. Decides nothing.
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

    /// What of spilled jobs repair gave up, for people, each with its file and offset.
    [[nodiscard]] const std::vector<std::string>& lost() const { return lost_; }

    /// Takes `appends`, in order; the list is empty afterwards. Hands over what waits, unless the
    /// journal is at work: then it will say so, and this is to be called again. What the journal
    /// has no room for waits too.
    /// Errors: JournalFailed.
    [[nodiscard]] base::Expected<void> append(std::vector<core::Append>& appends);

    /// How far the facts were safe at the end of the last append().
    [[nodiscard]] core::Seq durable() const { return durable_; }

    /// The journal refused a commit and has not taken it yet.
    [[nodiscard]] bool is_behind() const { return is_refused_; }

    /// Facts wait for the journal.
    [[nodiscard]] bool is_waiting() const { return first_ < facts_.size(); }

    /// Why nothing may be taken in that the journal must hold. Errors: QueueFull, DiskFull.
    [[nodiscard]] base::Expected<void> room() const;

    /// Begins a checkpoint of `core` when one is due. Pre: all facts of the core were appended.
    /// Errors: of store::Journal::checkpoint; the journal goes on as it is.
    [[nodiscard]] base::Expected<void> checkpoint_if_due(const core::Core& core);

private:
    /// One that waits: where its bytes end, and those of its short form, and what settled it.
    struct Fact {
        std::size_t end = 0;
        std::size_t short_end = 0;
        std::size_t settled_by = 0;  // index of the fact; 0: none
    };

    [[nodiscard]] std::string_view bytes_of(std::size_t fact) const;
    [[nodiscard]] std::string_view short_bytes_of(std::size_t fact) const;
    [[nodiscard]] std::size_t bytes_in(std::size_t first, std::size_t end) const;
    void note_lost(const core::JobsSpilled& fact);
    void take(core::Append& append);
    [[nodiscard]] bool may_gather() const;
    [[nodiscard]] std::size_t commit_end() const;
    [[nodiscard]] base::Expected<void> hand_over();
    [[nodiscard]] base::Expected<void> look();

    store::Journal& journal_;
    std::vector<std::string> lost_;
    std::size_t noted_ = 0;    // of what the journal's spills have lost
    std::string bytes_;        // encoded facts, one behind the other
    std::string short_bytes_;  // the same of accepted jobs, without params and meta
    std::vector<Fact> facts_;
    std::size_t first_ = 0;  // those before it are the journal's
    std::vector<std::string_view> commit_;
    core::Seq durable_ = 0;
    bool is_refused_ = false;
    base::Error refusal_;  // why it is behind
};

}  // namespace steward::app
