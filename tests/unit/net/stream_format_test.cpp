// tests/unit/net: messages in a stream of bytes, whole, in pieces, and broken.
#include "common/net/stream_format.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "common/base/bytes.hpp"
#include "common/base/prng.hpp"
#include "tests/unit/net/net_fixture.hpp"

using namespace steward;
using namespace steward::net;
using namespace steward::net::test;

namespace {

std::string head_of(std::size_t size, bool more) {
    return std::string(StreamFraming({}, StreamFraming::End::Accepting).head_of(size, more).view());
}

std::string bytes_of(const Frames& frames) {
    std::string bytes;
    for (std::size_t i = 0; i < frames.size(); ++i) {
        bytes += head_of(frames[i].size(), i + 1 < frames.size());
        bytes += frames[i].view();
    }
    return bytes;
}

// Gives `bytes` to the reader in pieces; a large frame's rest sometimes where it belongs.
void feed(Framing& reader, std::string_view bytes, base::Prng& prng, std::size_t piece_max) {
    while (!bytes.empty()) {
        const std::size_t count = std::min<std::size_t>(bytes.size(), 1 + prng.below(piece_max));
        const std::span<char> wanted = reader.wanted();
        if (!wanted.empty() && prng.below(2) == 0) {
            const std::size_t part = std::min(count, wanted.size());
            std::copy_n(bytes.data(), part, wanted.data());
            reader.filled(part);
            bytes.remove_prefix(part);
        } else {
            reader.take(bytes.substr(0, count));
            bytes.remove_prefix(count);
        }
    }
}

}  // namespace

TEST_CASE("a stream's header is four bytes, the most significant first") {
    CHECK(head_of(0x01020304, false) == "\1\2\3\4");
    CHECK(head_of(5, true) == std::string("\x80\0\0\5", 4));
    CHECK(bytes_of(frames_of({"ab", ""})) == std::string("\x80\0\0\x02"
                                                         "ab"
                                                         "\0\0\0\0",
                                                         10));
}

TEST_CASE("docs/protocol.md shows the bytes that are sent") {
    std::ifstream page(STEWARD_SOURCE_DIR "/docs/protocol.md");
    const std::string text{std::istreambuf_iterator<char>(page), {}};
    const auto spaced = [](std::string_view bytes) {
        const std::string hex = base::to_hex(bytes);
        std::string apart;
        for (std::size_t i = 0; i < hex.size(); i += 2) {
            apart += (i == 0 ? "" : " ") + hex.substr(i, 2);
        }
        return apart;
    };
    CHECK(text.find("`" + spaced(kStreamOpening) + "`") != std::string::npos);
    CHECK(text.find("`" + spaced(bytes_of(frames_of({"ab", ""}))) + "`") != std::string::npos);
}

TEST_CASE("messages come out of a stream as they went in, however it was cut") {
    base::Prng prng(7);
    for (int round = 0; round < 200; ++round) {
        std::vector<Frames> sent;
        std::string bytes(kStreamOpening);
        for (std::uint64_t i = 1 + prng.below(8); i > 0; --i) {
            Frames frames;
            for (std::uint64_t k = 1 + prng.below(4); k > 0; --k) {
                frames.push_back(base::Blob::copy(
                    std::string(prng.below(3) == 0 ? 0 : prng.below(9000), char('a' + k))));
            }
            bytes += bytes_of(frames);
            sent.push_back(std::move(frames));
        }
        StreamFraming reader({}, StreamFraming::End::Accepting);
        CHECK_FALSE(reader.is_introduced());
        feed(reader, bytes, prng, 1 + prng.below(5000));
        Frames got;
        for (const Frames& frames : sent) {
            REQUIRE(reader.next(got) == ReceiveStatus::Received);
            CHECK(got == frames);
        }
        CHECK(reader.next(got) == ReceiveStatus::Nothing);
        CHECK(reader.is_introduced());
    }
}

TEST_CASE("a reader knows what a message that has not ended has in memory") {
    const std::string bytes = bytes_of(frames_of({"1234", "", "567"}));
    StreamFraming reader({}, StreamFraming::End::Connecting);
    std::size_t taken = 0;
    const auto take = [&](std::size_t count) {
        reader.take(bytes.substr(taken, count));
        taken += count;
    };
    CHECK(reader.begun_bytes() == 0);
    take(4);  // a frame's header, of which nothing is held
    CHECK(reader.begun_bytes() == 0);
    take(3);
    CHECK(reader.begun_bytes() == 3);
    take(1);
    const std::size_t frame = reader.begun_bytes() - 4;
    CHECK(frame > 0);
    take(4);  // an empty frame is memory, too
    CHECK(reader.begun_bytes() == 4 + 2 * frame);
    take(5);
    CHECK(reader.begun_bytes() == 4 + 2 * frame + 1);
    CHECK(reader.ended() == 0);
    take(2);
    CHECK(reader.begun_bytes() == 0);
    CHECK(reader.ended() == 1);
    StreamFraming faulty({.frames_max = 1, .bytes_max = 1}, StreamFraming::End::Connecting);
    faulty.take(bytes);
    CHECK(faulty.begun_bytes() == 0);
}

TEST_CASE("a stream that begins with anything else is closed") {
    for (const std::string& bytes : {std::string("GET / HTTP/1.1\r\n"),
                                     std::string("STEWARD\x02"),
                                     std::string(64, '\xff'),
                                     std::string("S\0", 2)}) {
        StreamFraming reader({}, StreamFraming::End::Accepting);
        reader.take(bytes);
        reader.take(bytes_of(frames_of({"too late"})));
        Frames frames;
        CHECK(reader.next(frames) == ReceiveStatus::Closed);
        CHECK(reader.next(frames) == ReceiveStatus::Closed);
    }
}

TEST_CASE("the bounds of a message hold to the byte and the frame, and nothing follows a fault") {
    const MessageBound bound{.frames_max = 3, .bytes_max = 100};
    const auto outcome = [&](const Frames& last) {
        StreamFraming reader(bound, StreamFraming::End::Connecting);
        reader.take(bytes_of(frames_of({"before"})));
        reader.take(bytes_of(last));
        reader.take(bytes_of(frames_of({"after"})));
        Frames frames;
        REQUIRE(reader.next(frames) == ReceiveStatus::Received);
        CHECK(frames == frames_of({"before"}));
        return reader.next(frames);
    };
    CHECK(outcome(frames_of({std::string(100, 'x')})) == ReceiveStatus::Received);
    CHECK(outcome(frames_of({std::string(101, 'x')})) == ReceiveStatus::TooLarge);
    CHECK(outcome(frames_of({std::string(50, 'x'), std::string(50, 'x')})) ==
          ReceiveStatus::Received);
    CHECK(outcome(frames_of({std::string(50, 'x'), std::string(51, 'x')})) ==
          ReceiveStatus::TooLarge);
    CHECK(outcome(frames_of({"1", "2", "3"})) == ReceiveStatus::Received);
    CHECK(outcome(frames_of({"1", "2", "3", ""})) == ReceiveStatus::TooLarge);
}
