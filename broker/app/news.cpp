#include "broker/app/news.hpp"

#include <algorithm>
#include <utility>

#include "common/wire/event_json.hpp"

namespace steward::app {

void News::take(std::vector<core::Announce>& announces) {
    const model::EventSet kinds = wanted();
    for (const core::Announce& announce : announces) {
        if (!kinds.has(announce.kind)) {
            continue;  // its listener left within this turn
        }
        write(announce, line_);
        if (held_.empty() && announce.after <= durable_) {
            tell(line_);
            continue;
        }
        line_.after = held_.empty() ? announce.after : std::max(announce.after, held_.back().after);
        held_.push_back(std::exchange(line_, {}));
        if (held_.size() > kHeldMax) {
            tell(held_.front());
            held_.pop_front();
        }
    }
    announces.clear();
}

void News::set_durable(core::Seq seq) {
    durable_ = std::max(durable_, seq);
    while (!held_.empty() && held_.front().after <= durable_) {
        tell(held_.front());
        held_.pop_front();
    }
}

void News::write(const core::Announce& announce, Line& line) const {
    const std::string worker = peers_.text_of(announce.worker);
    wire::EventForPeople event;
    event.kind = announce.kind;
    event.job = announce.job;
    event.service = announce.service.view();
    event.attempt = announce.attempt;
    event.worker = worker;
    event.at = announce.at;
    event.detail = announce.detail;
    event.done = announce.done;
    event.total = announce.total;
    event.due = announce.due;
    event.context = announce.context.view();
    event.group = announce.group.view();
    event.batch = announce.batch.view();
    if (announce.received != nullptr) {
        event.submission = announce.received->submission;
        event.params = &announce.received->params;
        event.options = &announce.received->options;
    }
    line.kind = announce.kind;
    line.topic.clear();
    line.json.clear();
    wire::append_event_topic(line.topic, event);
    wire::append_event_json(line.json, event);
}

void News::tell(const Line& line) {
    if (transport_.has_subscribers()) {
        transport_.publish(line.topic, line.json);
    }
    if (sink_.wanted_events().has(line.kind)) {
        sink_.lifecycle(line.json);
    }
}

}  // namespace steward::app
