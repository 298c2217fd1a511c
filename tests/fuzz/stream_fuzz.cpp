// tests: any bytes as a stream, in pieces whose size is the input's first byte. What comes out,
// said again, is what went in.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/assert.hpp"
#include "common/net/stream_format.hpp"

namespace {

using namespace steward;

constexpr net::MessageBound kBound{.frames_max = 8, .bytes_max = 4096};

void append_said_again(const net::Framing& format, const net::Frames& frames, std::string& bytes) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
        bytes += format.head_of(frames[i].size(), i + 1 < frames.size()).view();
        bytes += frames[i].view();
    }
}

void read(std::string_view input, std::size_t piece, bool expects_opening) {
    net::StreamFraming reader(
        kBound,
        expects_opening ? net::StreamFraming::End::Accepting : net::StreamFraming::End::Connecting);
    for (std::size_t at = 0; at < input.size(); at += piece) {
        reader.take(input.substr(at, piece));
    }
    std::string said(expects_opening ? net::kStreamOpening : std::string_view());
    net::Frames frames;
    auto status = reader.next(frames);
    while (status == net::ReceiveStatus::Received) {
        std::size_t bytes = 0;
        for (const base::Blob& frame : frames) {
            bytes += frame.size();
        }
        STEWARD_ASSERT(!frames.empty() && frames.size() <= kBound.frames_max);
        STEWARD_ASSERT(bytes <= kBound.bytes_max);
        append_said_again(reader, frames, said);
        status = reader.next(frames);
    }
    STEWARD_ASSERT(!reader.is_introduced() || input.starts_with(said));
    STEWARD_ASSERT(status == reader.next(frames));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    if (!input.empty()) {
        const auto piece = std::max<std::size_t>(1, static_cast<unsigned char>(input.front()));
        read(input.substr(1), piece, true);
        read(input.substr(1), piece, false);
    }
    return 0;
}
