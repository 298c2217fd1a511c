#include "common/net/subscriptions.hpp"

namespace steward::net {

void Subscriptions::update(Socket& publisher, std::size_t messages_max) {
    for (std::size_t i = 0; i < messages_max; ++i) {
        const ReceiveStatus status = publisher.receive(frames_);
        if (status == ReceiveStatus::Nothing || status == ReceiveStatus::Closed) {
            return;
        }
        // One frame: 1 and the topic, or 0 and the topic. A reader may send other things, too.
        if (frames_.size() != 1 || frames_.front().empty()) {
            continue;
        }
        const char kind = frames_.front().view().front();
        if (kind == '\x01') {
            ++topics_;
        } else if (kind == '\x00' && topics_ > 0) {
            --topics_;
        }
    }
}

}  // namespace steward::net
