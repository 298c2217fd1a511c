#include "common/net/stream_format.hpp"

#include <algorithm>
#include <cstring>

#include "common/base/assert.hpp"

namespace steward::net {
namespace {

std::uint32_t number_of(const std::array<char, kStreamHeadBytes>& head) {
    std::uint32_t number = 0;
    for (const char byte : head) {
        number = number << 8U | static_cast<unsigned char>(byte);
    }
    return number;
}

}  // namespace

StreamFraming::StreamFraming(MessageBound bound, End end)
    : Framing(bound), opening_left_(end == End::Accepting ? kStreamOpening.size() : 0) {
    if (end == End::Connecting) {
        reply(kStreamOpening);
    }
}

FrameHead StreamFraming::head_of(std::size_t size, bool more) const {
    STEWARD_ASSERT(size < kStreamMoreBit);
    const auto number = static_cast<std::uint32_t>(size) | (more ? kStreamMoreBit : 0);
    return {{static_cast<char>(number >> 24U),
             static_cast<char>(number >> 16U),
             static_cast<char>(number >> 8U),
             static_cast<char>(number)},
            kStreamHeadBytes};
}

std::string_view StreamFraming::take_head(std::string_view bytes) {
    if (opening_left_ > 0) {
        return take_opening(bytes);
    }
    const std::size_t count = std::min(bytes.size(), kStreamHeadBytes - head_filled_);
    std::memcpy(head_.data() + head_filled_, bytes.data(), count);
    head_filled_ += count;
    if (head_filled_ == kStreamHeadBytes) {
        head_filled_ = 0;
        const std::uint32_t number = number_of(head_);
        begin_frame(number & ~kStreamMoreBit, (number & kStreamMoreBit) != 0);
    }
    return bytes.substr(count);
}

std::string_view StreamFraming::take_opening(std::string_view bytes) {
    const std::string_view expected = kStreamOpening.substr(kStreamOpening.size() - opening_left_);
    const std::size_t count = std::min(bytes.size(), expected.size());
    if (bytes.substr(0, count) != expected.substr(0, count)) {
        refuse();
    }
    opening_left_ -= count;
    return bytes.substr(count);
}

}  // namespace steward::net
