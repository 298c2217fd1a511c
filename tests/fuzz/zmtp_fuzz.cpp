// tests: any bytes as what a ZMTP peer sends, in pieces whose size is the input's first byte: what
// comes out holds to the bounds, and is the same however the bytes were cut.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/assert.hpp"
#include "common/net/zmtp_format.hpp"

namespace {

using namespace steward;

constexpr net::MessageBound kBound{.frames_max = 8, .bytes_max = 4096};

struct Outcome {
    std::vector<net::Frames> messages;
    net::ReceiveStatus end = net::ReceiveStatus::Nothing;
    std::string name;
    std::string replies;

    bool operator==(const Outcome&) const = default;
};

Outcome read(std::string_view input, std::size_t piece) {
    net::ZmtpFraming reader(kBound);
    for (std::size_t at = 0; at < input.size(); at += piece) {
        reader.take(input.substr(at, piece));
    }
    Outcome outcome;
    outcome.name = reader.name();
    outcome.replies = reader.take_reply();
    net::Frames frames;
    outcome.end = reader.next(frames);
    while (outcome.end == net::ReceiveStatus::Received) {
        std::size_t bytes = 0;
        for (const base::Blob& frame : frames) {
            bytes += frame.size();
        }
        STEWARD_ASSERT(!frames.empty() && frames.size() <= kBound.frames_max);
        STEWARD_ASSERT(bytes <= kBound.bytes_max);
        outcome.messages.push_back(frames);
        outcome.end = reader.next(frames);
    }
    STEWARD_ASSERT(outcome.messages.empty() || reader.is_introduced());
    STEWARD_ASSERT(outcome.messages.size() == reader.ended());
    STEWARD_ASSERT(outcome.end == reader.next(frames));
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    if (!input.empty()) {
        const auto piece = std::max<std::size_t>(1, static_cast<unsigned char>(input.front()));
        STEWARD_ASSERT(read(input.substr(1), piece) == read(input.substr(1), input.size()));
    }
    return 0;
}
