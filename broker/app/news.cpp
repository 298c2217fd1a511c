#include "broker/app/news.hpp"

#include <algorithm>

namespace steward::app {
namespace {

// So many bytes of lines are handed to the log at once.
constexpr std::size_t kLinesBytes = 256UL << 10U;
// So large a buffer is kept for the next turn.
constexpr std::size_t kKeptBytes = 1UL << 20U;
// What has been told leaves the text of those that wait in large steps.
constexpr std::size_t kToldBytes = 64UL << 10U;

}  // namespace

void News::take(std::vector<core::Announce>& announces) {
    if (announces.empty()) {
        return;
    }
    const model::EventSet kinds = wanted();
    logged_ = sink_.wanted_events();
    has_readers_ = transport_.has_subscribers();
    for (const core::Announce& announce : announces) {
        if (!kinds.has(announce.kind)) {
            continue;  // its listener left within this turn
        }
        if (held_.empty() && announce.after <= durable_) {
            tell(announce);
            continue;
        }
        hold(announce);
        if (held_events_ > kHeldMax) {
            tell_oldest();
        }
    }
    announces.clear();
    hand_over();
}

void News::set_durable(core::Seq seq) {
    durable_ = std::max(durable_, seq);
    if (held_.empty()) {
        return;
    }
    has_readers_ = transport_.has_subscribers();
    while (!held_.empty() && held_.front().after <= durable_) {
        tell_oldest();
    }
    hand_over();
}

void News::write(const core::Announce& announce, wire::GrowingBuffer& to) {
    const wire::PlainEvent plain{announce.kind,
                                 announce.attempt,
                                 announce.job,
                                 announce.service.view(),
                                 text_of(announce.worker),
                                 announce.at};
    if (announce.extras == nullptr && announce.received == nullptr && announce.owner.empty()) {
        writer_.append(to, plain);
    } else {
        write_more(announce, plain, to);
    }
    to.append("\n");
}

void News::write_more(const core::Announce& announce,
                      const wire::PlainEvent& plain,
                      wire::GrowingBuffer& to) {
    wire::EventForPeople event;
    static_cast<wire::PlainEvent&>(event) = plain;
    if (announce.extras != nullptr) {
        event.detail = announce.extras->detail;
        event.done = announce.extras->done;
        event.total = announce.extras->total;
        event.due = announce.extras->due;
        event.context = announce.extras->names.context.view();
        event.group = announce.extras->names.group.view();
        event.batch = announce.extras->names.batch.view();
    }
    event.owner = announce.owner.view();
    if (announce.received != nullptr) {
        event.submission = announce.received->submission;
        event.params = &announce.received->params;
        event.params_bytes_max = params_bytes_max_;
        event.options = announce.received->options;
    }
    writer_.append(to, event);
}

void News::tell(const core::Announce& announce) {
    const std::size_t start = lines_.size();
    write(announce, lines_);
    if (has_readers_) {
        const std::string_view line = lines_.view().substr(start);
        transport_.publish(topic_of(announce), line.substr(0, line.size() - 1));
    }
    if (logged_.has(announce.kind)) {
        line_is_complete();
    } else {
        lines_.shrink(start);
    }
}

void News::hold(const core::Announce& announce) {
    core::Seq after = announce.after;
    if (!held_.empty()) {
        after = std::max(after, held_.back().after);
    }
    const std::size_t start = held_text_.size();
    if (has_readers_) {
        held_text_.append(topic_of(announce));
    }
    const std::size_t line = held_text_.size();
    write(announce, held_text_);
    const bool is_logged = logged_.has(announce.kind);
    const bool is_like_last = !held_.empty() && held_.back().after == after && !has_readers_ &&
                              held_.back().topic_bytes == 0 && is_logged && held_.back().is_logged;
    if (!is_like_last) {
        held_.push_back({after, line - start, 0, 0, is_logged});
    }
    held_.back().line_bytes += held_text_.size() - line;
    ++held_.back().events;
    ++held_events_;
}

void News::tell_oldest() {
    const Held& held = held_.front();
    const std::string_view text = held_text_.view().substr(held_told_);
    const std::string_view topic = text.substr(0, held.topic_bytes);
    const std::string_view lines = text.substr(held.topic_bytes, held.line_bytes);
    if (has_readers_ && !topic.empty()) {
        transport_.publish(topic, lines.substr(0, lines.size() - 1));
    }
    if (held.is_logged) {
        hand_over();
        sink_.lifecycle(lines, held.events);
    }
    held_told_ += topic.size() + lines.size();
    held_events_ -= held.events;
    held_.pop_front();
    if (held_.empty()) {
        held_text_.clear(kKeptBytes);
        held_told_ = 0;
    } else if (held_told_ >= kToldBytes && held_told_ * 2 >= held_text_.size()) {
        held_text_.drop_front(held_told_);
        held_told_ = 0;
    }
}

void News::line_is_complete() {
    ++lines_count_;
    if (lines_.size() >= kLinesBytes) {
        hand_over();
    }
}

void News::hand_over() {
    if (lines_count_ > 0) {
        sink_.lifecycle(lines_.view(), lines_count_);
        lines_count_ = 0;
    }
    lines_.clear(kKeptBytes);
}

const std::string& News::topic_of(const core::Announce& announce) {
    wire::PlainEvent event;
    event.kind = announce.kind;
    event.service = announce.service.view();
    topic_.clear();
    wire::append_event_topic(topic_, event);
    return topic_;
}

// Numbers of peers are never given twice, so a text that was made once stays right.
std::string_view News::text_of(Peer worker) {
    if (worker == Peer{}) {
        return {};
    }
    WorkerText& seen = workers_[PeerTable::slot_of(worker) % workers_.size()];
    if (seen.worker != worker) {
        seen = {worker, peers_.text_of(worker)};
    }
    return seen.text;
}

}  // namespace steward::app
