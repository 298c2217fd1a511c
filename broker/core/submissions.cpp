#include "broker/core/submissions.hpp"

#include <algorithm>

namespace steward::core {

SubmissionTable::Handle SubmissionTable::touch(std::uint64_t session,
                                               std::uint64_t base,
                                               base::MonoTime now,
                                               const model::Limits& limits) {
    // A client mostly says much at once.
    const Handle youngest = by_age_.back();
    if (Session* last = map_.find(youngest); last != nullptr && last->id == session) {
        last->last_heard = now;
        return youngest;
    }
    const auto found = by_id_.find(session);
    if (found != by_id_.end()) {
        by_age_.remove(map_, found->second);
        by_age_.push_back(map_, found->second);
        map_.at(found->second).last_heard = now;
        return found->second;
    }
    while (map_.size() >= limits.sessions_max && !by_age_.empty()) {
        forget(by_age_.front());
    }
    const Handle handle = map_.emplace();
    Session& added = map_.at(handle);
    added.id = session;
    added.base = base;
    added.last_heard = now;
    by_id_.emplace(session, handle);
    by_age_.push_back(map_, handle);
    return handle;
}

SubmissionTable::Found SubmissionTable::open(const model::SubmissionId& id,
                                             base::MonoTime now,
                                             const model::Limits& limits) {
    Session& session = map_.at(touch(id.session, id.number, now, limits));
    if (id.number < session.base) {
        return {Place::Acknowledged, nullptr};
    }
    const std::uint64_t offset = id.number - session.base;
    if (offset >= limits.in_flight_max) {
        return {Place::BeyondWindow, nullptr};
    }
    const std::size_t size = session.window.size();
    if (offset < size) {
        return {Place::Open, &session.window[static_cast<std::size_t>(offset)]};
    }
    for (std::uint64_t unseen = offset - size; unseen > 0; --unseen) {
        session.window.emplace_back();
    }
    return {Place::Open, &session.window.emplace_back()};
}

SubmissionTable::Opening SubmissionTable::opening(std::uint64_t session,
                                                  std::uint64_t number,
                                                  base::MonoTime now,
                                                  const model::Limits& limits) {
    return {map_.at(touch(session, number, now, limits)), limits.in_flight_max};
}

Submission* SubmissionTable::Opening::take(std::uint64_t number) {
    std::deque<Submission>& window = session_->window;
    const std::uint64_t offset = number - session_->base;
    if (offset == window.size() && offset < most_) [[likely]] {
        return &window.emplace_back();
    }
    if (number < session_->base || offset >= most_) {
        return nullptr;
    }
    while (window.size() <= offset) {
        window.emplace_back();
    }
    Submission& submission = window[static_cast<std::size_t>(offset)];
    return submission.seen() ? nullptr : &submission;
}

bool SubmissionTable::has_seen(const model::SubmissionId& id) const {
    const Submission* submission = find(id);
    return is_acknowledged(id) || (submission != nullptr && submission->seen());
}

bool SubmissionTable::was_resent(const model::SubmissionId& id) const {
    const Submission* submission = find(id);
    return is_acknowledged(id) || (submission != nullptr && submission->resent);
}

bool SubmissionTable::is_acknowledged(const model::SubmissionId& id) const {
    const auto found = by_id_.find(id.session);
    return id.session != 0 && found != by_id_.end() && id.number < map_.at(found->second).base;
}

const Submission* SubmissionTable::find(const model::SubmissionId& id) const {
    const auto found = by_id_.find(id.session);
    if (id.session == 0 || found == by_id_.end()) {
        return nullptr;
    }
    const Session& session = map_.at(found->second);
    const std::uint64_t offset = id.number - session.base;
    return id.number >= session.base && offset < session.window.size()
               ? &session.window[static_cast<std::size_t>(offset)]
               : nullptr;
}

void SubmissionTable::acknowledge(std::uint64_t session,
                                  std::uint64_t below,
                                  base::MonoTime now,
                                  const model::Limits& limits) {
    const Handle handle = touch(session, below, now, limits);
    Session& target = map_.at(handle);
    while (target.base < below && !target.window.empty()) {
        drop_front(handle);
    }
    target.base = std::max(target.base, below);
}

void SubmissionTable::keep(const model::SubmissionId& id,
                           KeptResult&& result,
                           const model::Limits& limits) {
    const auto found = by_id_.find(id.session);
    if (found == by_id_.end()) {
        return;
    }
    Session& session = map_.at(found->second);
    if (id.number < session.base || id.number - session.base >= session.window.size()) {
        return;
    }
    Submission& submission = session.window[static_cast<std::size_t>(id.number - session.base)];
    const std::size_t bytes = result.bytes();
    if (bytes > limits.held_results_bytes_max) {
        return;
    }
    const Handle handle = found->second;
    // Only results are given up: that a submission was seen must not be forgotten while its job
    // runs.
    while (kept_bytes_ + bytes > limits.held_results_bytes_max && with_results_.front() != handle &&
           !with_results_.empty()) {
        drop_results(with_results_.front());
    }
    if (kept_bytes_ + bytes > limits.held_results_bytes_max || submission.kept != nullptr) {
        return;
    }
    kept_bytes_ += bytes;
    submission.kept = std::make_unique<KeptResult>(std::move(result));
    if (session.results++ == 0) {
        with_results_.push_back(map_, handle);
    }
}

void SubmissionTable::visit_seen(const std::function<void(SubmissionsSeen&&)>& visit) const {
    for (Handle at = by_age_.front(); at.names_something(); at = map_.at(at).age.next) {
        const Session& session = map_.at(at);
        SubmissionsSeen fact{session.id, session.base, {}};
        std::uint64_t number = session.base;
        for (const Submission& one : session.window) {
            if (one.seen() && one.durable) {
                fact.seen.push_back({number, one.job});
            }
            ++number;
        }
        visit(std::move(fact));
    }
}

void SubmissionTable::restore(const SubmissionsSeen& fact,
                              base::MonoTime now,
                              const model::Limits& limits) {
    touch(fact.session, fact.base, now, limits);
    for (const SubmissionsSeen::One& one : fact.seen) {
        const Found found = open({fact.session, one.number}, now, limits);
        if (found.submission != nullptr) {
            found.submission->job = one.job;
            found.submission->durable = true;
        }
    }
}

void SubmissionTable::forget_silent(base::MonoTime before) {
    while (!by_age_.empty() && map_.at(by_age_.front()).last_heard < before) {
        forget(by_age_.front());
    }
}

void SubmissionTable::forget(Handle handle) {
    while (!map_.at(handle).window.empty()) {
        drop_front(handle);
    }
    by_age_.remove(map_, handle);
    by_id_.erase(map_.at(handle).id);
    map_.erase(handle);
}

void SubmissionTable::drop_front(Handle handle) {
    Session& session = map_.at(handle);
    drop_result(handle, session.window.front());
    session.window.pop_front();
    ++session.base;
}

void SubmissionTable::drop_result(Handle handle, Submission& submission) {
    if (submission.kept == nullptr) {
        return;
    }
    kept_bytes_ -= submission.kept->bytes();
    submission.kept.reset();
    if (--map_.at(handle).results == 0) {
        with_results_.remove(map_, handle);
    }
}

void SubmissionTable::drop_results(Handle handle) {
    for (Submission& submission : map_.at(handle).window) {
        drop_result(handle, submission);
    }
}

}  // namespace steward::core
