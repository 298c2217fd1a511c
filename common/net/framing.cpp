#include "common/net/framing.hpp"

#include <algorithm>
#include <cstring>

namespace steward::net {
namespace {

void release_body(void* owner) {
    delete[] static_cast<char*>(owner);
}

}  // namespace

void Framing::take(std::string_view bytes) {
    while (!bytes.empty() && fault_ == ReceiveStatus::Nothing) {
        bytes = kind_ == Body::None ? take_head(bytes) : take_body(bytes);
    }
}

void Framing::begin_frame(std::uint64_t size, bool more) {
    if (frames_.size() >= bound_.frames_max || size > bound_.bytes_max - message_bytes_) {
        fault_ = ReceiveStatus::TooLarge;
        return;
    }
    if (size == 0) {
        end_frame({}, !more);
        return;
    }
    kind_ = more ? Body::Frame : Body::LastFrame;
    body_size_ = static_cast<std::size_t>(size);
}

void Framing::begin_command(std::size_t size) {
    if (size == 0) {
        end_command({});
        return;
    }
    kind_ = Body::Command;
    body_size_ = size;
}

std::string_view Framing::take_body(std::string_view bytes) {
    if (body_ == nullptr && bytes.size() >= body_size_) {
        const std::string_view rest = bytes.substr(body_size_);
        end_body(base::Blob::copy(bytes.substr(0, body_size_)));
        return rest;
    }
    if (body_ == nullptr) {
        body_ = std::make_unique_for_overwrite<char[]>(body_size_);
    }
    const std::size_t count = std::min(bytes.size(), missing());
    std::memcpy(body_.get() + body_filled_, bytes.data(), count);
    filled(count);
    return bytes.substr(count);
}

std::span<char> Framing::wanted() {
    return body_ == nullptr ? std::span<char>{}
                            : std::span<char>{body_.get() + body_filled_, missing()};
}

void Framing::filled(std::size_t bytes) {
    body_filled_ += bytes;
    if (missing() == 0) {
        const std::string_view whole(body_.get(), body_size_);
        body_filled_ = 0;
        end_body(base::Blob::adopt(whole, body_.release(), &release_body));
    }
}

void Framing::end_body(base::Blob bytes) {
    const Body kind = std::exchange(kind_, Body::None);
    if (kind == Body::Command) {
        end_command(bytes.view());
    } else {
        end_frame(std::move(bytes), kind == Body::LastFrame);
    }
}

void Framing::end_frame(base::Blob frame, bool is_last) {
    message_bytes_ += frame.size();
    frames_.push_back(std::move(frame));
    if (is_last) {
        messages_.push_back(std::exchange(frames_, {}));
        message_bytes_ = 0;
        ++ended_;
    }
}

std::size_t Framing::begun_bytes() const {
    return fault_ != ReceiveStatus::Nothing
               ? 0
               : message_bytes_ + body_filled_ + frames_.size() * kFrameCost;
}

ReceiveStatus Framing::next(Frames& frames) {
    if (next_message_ == messages_.size()) {
        messages_.clear();
        next_message_ = 0;
        frames.clear();
        return fault_;
    }
    frames = std::move(messages_[next_message_++]);
    return ReceiveStatus::Received;
}

}  // namespace steward::net
