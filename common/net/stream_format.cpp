#include "common/net/stream_format.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/base/assert.hpp"

namespace steward::net {
namespace {

std::uint32_t number_of(const StreamHeader& header) {
    std::uint32_t number = 0;
    for (const char byte : header) {
        number = number << 8U | static_cast<unsigned char>(byte);
    }
    return number;
}

void release_body(void* owner) {
    delete[] static_cast<char*>(owner);
}

}  // namespace

StreamHeader stream_header(std::size_t size, bool more) {
    STEWARD_ASSERT(size < kStreamMoreBit);
    const auto number = static_cast<std::uint32_t>(size) | (more ? kStreamMoreBit : 0);
    return {static_cast<char>(number >> 24U),
            static_cast<char>(number >> 16U),
            static_cast<char>(number >> 8U),
            static_cast<char>(number)};
}

StreamReader::StreamReader(MessageBound bound, bool expects_opening)
    : bound_(bound), opening_left_(expects_opening ? kStreamOpening.size() : 0) {}

void StreamReader::take(std::string_view bytes) {
    while (!bytes.empty() && fault_ == ReceiveStatus::Nothing) {
        if (opening_left_ > 0) {
            bytes = take_opening(bytes);
        } else if (header_filled_ < kStreamHeaderBytes) {
            bytes = take_header(bytes);
        } else {
            bytes = take_body(bytes);
        }
    }
}

std::string_view StreamReader::take_opening(std::string_view bytes) {
    const std::string_view expected = kStreamOpening.substr(kStreamOpening.size() - opening_left_);
    const std::size_t count = std::min(bytes.size(), expected.size());
    if (bytes.substr(0, count) != expected.substr(0, count)) {
        fault_ = ReceiveStatus::Closed;
    }
    opening_left_ -= count;
    return bytes.substr(count);
}

std::string_view StreamReader::take_header(std::string_view bytes) {
    const std::size_t count = std::min(bytes.size(), kStreamHeaderBytes - header_filled_);
    std::memcpy(header_.data() + header_filled_, bytes.data(), count);
    header_filled_ += count;
    if (header_filled_ == kStreamHeaderBytes) {
        begin_frame();
    }
    return bytes.substr(count);
}

void StreamReader::begin_frame() {
    const std::uint32_t number = number_of(header_);
    more_ = (number & kStreamMoreBit) != 0;
    frame_size_ = number & ~kStreamMoreBit;
    if (frames_.size() >= bound_.frames_max || frame_size_ > bound_.bytes_max - message_bytes_) {
        fault_ = ReceiveStatus::TooLarge;
        return;
    }
    message_bytes_ += frame_size_;
    if (frame_size_ == 0) {
        end_frame({});
    }
}

std::string_view StreamReader::take_body(std::string_view bytes) {
    if (body_ == nullptr && bytes.size() >= frame_size_) {
        const std::string_view rest = bytes.substr(frame_size_);
        end_frame(base::Blob::copy(bytes.substr(0, frame_size_)));
        return rest;
    }
    if (body_ == nullptr) {
        body_ = std::make_unique_for_overwrite<char[]>(frame_size_);
    }
    const std::size_t count = std::min(bytes.size(), missing());
    std::memcpy(body_.get() + body_filled_, bytes.data(), count);
    filled(count);
    return bytes.substr(count);
}

std::span<char> StreamReader::wanted() {
    return body_ == nullptr ? std::span<char>{}
                            : std::span<char>{body_.get() + body_filled_, missing()};
}

void StreamReader::filled(std::size_t bytes) {
    body_filled_ += bytes;
    if (missing() == 0) {
        const std::string_view whole(body_.get(), frame_size_);
        body_filled_ = 0;
        end_frame(base::Blob::adopt(whole, body_.release(), &release_body));
    }
}

void StreamReader::end_frame(base::Blob frame) {
    header_filled_ = 0;
    frames_.push_back(std::move(frame));
    if (!more_) {
        messages_.push_back(std::exchange(frames_, {}));
        message_bytes_ = 0;
        ++ended_;
    }
}

std::size_t StreamReader::begun_bytes() const {
    if (fault_ != ReceiveStatus::Nothing) {
        return 0;
    }
    const std::size_t open = header_filled_ == kStreamHeaderBytes ? frame_size_ : 0;
    return message_bytes_ - open + body_filled_ + frames_.size() * kFrameCost;
}

ReceiveStatus StreamReader::next(Frames& frames) {
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
