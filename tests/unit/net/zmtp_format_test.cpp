// tests/unit/net: ZMTP's bytes, of every version that is spoken, whole, in pieces, and wrong.
#include "common/net/zmtp_format.hpp"

#include "common/base/prng.hpp"
#include "tests/unit/net/net_fixture.hpp"

using namespace steward;
using namespace steward::net;
using namespace steward::net::test;
using namespace std::string_literals;

namespace {

const std::string kSignature = "\xff\0\0\0\0\0\0\0\0\x7f"s;

std::string big_endian(std::uint64_t number, unsigned bytes) {
    std::string text;
    while (bytes-- > 0) {
        text += static_cast<char>(number >> (8 * bytes));
    }
    return text;
}

std::string frame(const std::string& body, unsigned flags = 0) {
    const bool is_long = body.size() > 255;
    return big_endian(flags | (is_long ? 2U : 0U), 1) + big_endian(body.size(), is_long ? 8 : 1) +
           body;
}

std::string greeting(const std::string& mechanism = "NULL") {
    std::string bytes = kSignature + "\3\1"s + mechanism;
    bytes.resize(64, '\0');
    return bytes;
}

std::string property(const std::string& key, const std::string& value) {
    return big_endian(key.size(), 1) + key + big_endian(value.size(), 4) + value;
}

std::string ready(const std::string& type, const std::string& name = "") {
    return frame("\5READY" + property("Socket-Type", type) + property("Identity", name), 4);
}

std::string traffic(const Frames& frames) {
    std::string bytes;
    for (std::size_t i = 0; i < frames.size(); ++i) {
        bytes += frame(std::string(frames[i].view()), i + 1 < frames.size() ? 1 : 0);
    }
    return bytes;
}

// A message as a peer of 1.0 sends it: the length counts the flags.
std::string traffic_of_v1(const Frames& frames) {
    std::string bytes;
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const std::uint64_t length = frames[i].size() + 1;
        bytes += length < 255 ? big_endian(length, 1) : "\xff" + big_endian(length, 8);
        bytes += big_endian(i + 1 < frames.size() ? 1 : 0, 1);
        bytes += frames[i].view();
    }
    return bytes;
}

ReceiveStatus end_of(const std::string& bytes) {
    ZmtpFraming reader({});
    reader.take(bytes);
    Frames frames;
    const ReceiveStatus status = reader.next(frames);
    CHECK(reader.next(frames) == status);
    CHECK_FALSE(reader.is_introduced());
    return status;
}

std::string sent_by(const ZmtpFraming& framing, const Frames& frames) {
    std::string bytes;
    for (std::size_t i = 0; i < frames.size(); ++i) {
        bytes += framing.head_of(frames[i].size(), i + 1 < frames.size()).view();
        bytes += frames[i].view();
    }
    return bytes;
}

}  // namespace

TEST_CASE("a peer of 3.x is greeted byte for byte, one answer to each part of its own greeting") {
    ZmtpFraming framing({});
    CHECK(framing.take_reply() == "\xff\0\0\0\0\0\0\0\1\x7f"s);
    framing.take(greeting().substr(0, 10));
    CHECK(framing.take_reply() == "\3");
    framing.take(greeting().substr(10, 1));
    CHECK(framing.take_reply() == ("\1NULL"s + std::string(48, '\0')));
    framing.take(greeting().substr(11));
    CHECK(framing.take_reply() ==
          frame("\5READY" + property("Socket-Type", "ROUTER") + property("Identity", ""), 4));
    CHECK_FALSE(framing.is_introduced());
    framing.take(ready("DEALER", "somebody"));
    CHECK(framing.is_introduced());
    CHECK(framing.name() == "somebody");
    CHECK(framing.take_reply().empty());
}

TEST_CASE("a peer of 2.0 is answered in 2.0, one of 1.0 in 1.0") {
    const Frames message = frames_of({"", "short", std::string(300, 'x')});
    Frames got;
    ZmtpFraming second({});
    second.take(kSignature + "\1\5"s + frame("two"));
    CHECK(second.take_reply() == ("\xff\0\0\0\0\0\0\0\1\x7f\3\6\0\0"s));
    CHECK(second.name() == "two");
    second.take(traffic(message));
    CHECK(second.next(got) == ReceiveStatus::Received);
    CHECK(got == message);
    CHECK(sent_by(second, message) == traffic(message));
    CHECK(second.ping(std::chrono::seconds(20)).empty());

    ZmtpFraming first({});
    first.take(traffic_of_v1(frames_of({"one"})));
    CHECK(first.take_reply() == "\xff\0\0\0\0\0\0\0\1\x7f"s);  // the frame of a nameless peer
    CHECK(first.name() == "one");
    first.take(traffic_of_v1(message));
    CHECK(first.next(got) == ReceiveStatus::Received);
    CHECK(got == message);
    CHECK(sent_by(first, message) == traffic_of_v1(message));
    CHECK(first.ping(std::chrono::seconds(20)).empty());

    ZmtpFraming long_name({});  // its first byte is that of a signature
    const std::string name(255, 'n');
    long_name.take(traffic_of_v1({base::Blob::copy(name)}));
    CHECK(long_name.name() == name);
}

TEST_CASE("ZMTP messages come out as they went in, however they were cut") {
    base::Prng prng(11);
    for (int round = 0; round < 200; ++round) {
        std::vector<Frames> sent;
        std::string bytes = greeting() + ready("REQ");
        for (std::uint64_t i = 1 + prng.below(8); i > 0; --i) {
            Frames frames;
            for (std::uint64_t k = 1 + prng.below(4); k > 0; --k) {
                frames.push_back(base::Blob::copy(
                    std::string(prng.below(3) == 0 ? 0 : prng.below(900), char('a' + k))));
            }
            bytes += traffic(frames) + frame("\4PING\0\0"s, 4);
            sent.push_back(std::move(frames));
        }
        ZmtpFraming framing({});
        for (std::string_view rest = bytes; !rest.empty();) {
            const std::size_t count = std::min<std::size_t>(rest.size(), 1 + prng.below(500));
            framing.take(rest.substr(0, count));
            rest.remove_prefix(count);
        }
        Frames got;
        for (const Frames& frames : sent) {
            REQUIRE(framing.next(got) == ReceiveStatus::Received);
            CHECK(got == frames);
        }
        CHECK(framing.next(got) == ReceiveStatus::Nothing);
    }
}

TEST_CASE("a PING is answered with its context, also within a message; other commands are not") {
    ZmtpFraming framing({});
    framing.take(greeting() + ready("DEALER"));
    static_cast<void>(framing.take_reply());
    framing.take(frame("begun", 1) + frame("\4PING\0\x2a"s + "context", 4) + frame("ended"));
    CHECK(framing.take_reply() == frame("\4PONGcontext", 4));
    Frames got;
    CHECK(framing.next(got) == ReceiveStatus::Received);
    CHECK(got == frames_of({"begun", "ended"}));
    framing.take(frame("\4PING\0\0"s + std::string(40, 'c'), 4));
    CHECK(framing.take_reply() == frame("\4PONG" + std::string(16, 'c'), 4));
    framing.take(frame("\4PONG", 4) + frame("\11SUBSCRIBEx", 4) + frame("", 4) +
                 frame("\4PING", 4));
    CHECK(framing.take_reply().empty());
    CHECK(framing.next(got) == ReceiveStatus::Nothing);
    CHECK(framing.ping(std::chrono::seconds(20)) == frame("\4PING\0\xc8"s, 4));
}

TEST_CASE("who is not a DEALER, REQ or ROUTER without keys is refused") {
    CHECK(end_of("GET / HTTP/1.1\r\n\r\n" + std::string(300, 'x')) == ReceiveStatus::Closed);
    CHECK(end_of(greeting("CURVE")) == ReceiveStatus::Closed);
    CHECK(end_of(greeting("NULLX")) == ReceiveStatus::Closed);
    CHECK(end_of(kSignature + std::string(1, '\0')) == ReceiveStatus::Closed);
    CHECK(end_of(kSignature + "\1\2"s) == ReceiveStatus::Closed);  // SUB
    for (const char* type : {"SUB", "PUB", "REP", "PUSH", "", "dealer"}) {
        CHECK(end_of(greeting() + ready(type)) == ReceiveStatus::Closed);
    }
    CHECK(end_of(greeting() + frame("no command")) == ReceiveStatus::Closed);
    CHECK(end_of(greeting() + frame("\5ERROR\3bad", 4)) == ReceiveStatus::Closed);
    CHECK(end_of(greeting() + frame("\5READY", 4)) == ReceiveStatus::Closed);  // of no type
    const std::string cut = "\5READY" + property("Socket-Type", "DEALER");
    CHECK(end_of(greeting() + frame(cut.substr(0, cut.size() - 1), 4)) == ReceiveStatus::Closed);
    CHECK(end_of(greeting() + frame(cut + "\xff", 4)) == ReceiveStatus::Closed);
    CHECK(end_of(greeting() + frame(std::string(kZmtpCommandBytesMax + 1, 'x'), 4)) ==
          ReceiveStatus::Closed);
    const std::string given = "\0to who asks"s.substr(0, kGivenNameBytes);
    CHECK(end_of(greeting() + ready("DEALER", given)) == ReceiveStatus::Closed);
    CHECK(end_of(greeting() + ready("DEALER", std::string(256, 'n'))) == ReceiveStatus::Closed);
    CHECK(end_of(greeting() + ready("DEALER").substr(0, 20)) == ReceiveStatus::Nothing);
}

TEST_CASE("frames that are none end a ZMTP peer, and the bounds hold to the byte") {
    const auto outcome = [](const std::string& bytes) {
        ZmtpFraming framing({.frames_max = 3, .bytes_max = 100});
        framing.take(greeting() + ready("DEALER") + traffic(frames_of({"before"})) + bytes);
        framing.take(traffic(frames_of({"after"})));
        Frames frames;
        REQUIRE(framing.next(frames) == ReceiveStatus::Received);
        CHECK(frames == frames_of({"before"}));
        return framing.next(frames);
    };
    CHECK(outcome("\x08\1x") == ReceiveStatus::Closed);  // a flag that there is not
    CHECK(outcome("\x05\1x") == ReceiveStatus::Closed);  // a command with more
    CHECK(outcome("\2" + big_endian(UINT64_MAX, 8)) == ReceiveStatus::TooLarge);
    CHECK(outcome(traffic(frames_of({std::string(100, 'x')}))) == ReceiveStatus::Received);
    CHECK(outcome(traffic(frames_of({std::string(101, 'x')}))) == ReceiveStatus::TooLarge);
    CHECK(outcome(traffic(frames_of({"1", "2", "3"}))) == ReceiveStatus::Received);
    CHECK(outcome(traffic(frames_of({"1", "2", "3", ""}))) == ReceiveStatus::TooLarge);
    ZmtpFraming first({});
    first.take("\1\0\0\0"s);  // 1.0: a length that has no room for the flags
    Frames frames;
    CHECK(first.next(frames) == ReceiveStatus::Closed);
}
