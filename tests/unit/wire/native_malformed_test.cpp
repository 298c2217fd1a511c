// tests: the native codec on bytes that no steward wrote.
#include <algorithm>
#include <map>

#include <doctest/doctest.h>

#include "common/base/bytes.hpp"
#include "tests/unit/wire/native_samples.hpp"

using namespace steward;
using namespace steward::wire;
using namespace steward::wire::native;
using base::Errc;

namespace {

Frames frames_of(std::string_view hex) {
    return {base::Blob::copy(std::string(kMagic) + *base::from_hex(hex))};
}

Errc error_of(std::string_view hex) {
    const Frames frames = frames_of(hex);
    BatchReader reader(frames);
    const auto next = reader.next();
    REQUIRE_FALSE(next.has_value());
    const auto end = reader.next();
    REQUIRE(end.has_value());
    CHECK_FALSE(end->has_value());
    return next.error().code;
}

// Reads to the end or to the first error; bounded by the batch's length.
std::size_t drain(const Frames& frames) {
    std::size_t commands = 0;
    BatchReader reader(frames);
    for (std::size_t i = 0; i <= frames.front().size(); ++i) {
        const auto next = reader.next();
        if (!next && !reader.refused_number()) {
            CHECK_FALSE(next.error().message.empty());
            return commands;
        }
        if (next && !next->has_value()) {
            return commands;
        }
        ++commands;
    }
    FAIL("the reader does not end");
    return commands;
}

// How many fields at the command's end may be missing.
std::size_t added_fields(const Command& command) {
    static const std::map<Type, std::size_t> kAdded = {{Type::Query, 6},
                                                       {Type::Await, 1},
                                                       {Type::WorkerReady, 1},
                                                       {Type::Finish, 1},
                                                       {Type::Welcome, 1},
                                                       {Type::Accepted, 1},
                                                       {Type::JobPartial, 2},
                                                       {Type::Assign, 1}};
    const auto found = kAdded.find(std::visit([](const auto& c) { return c.kType; }, command));
    return found == kAdded.end() ? 0 : found->second;
}

void mutate(std::string& bytes, Samples& samples) {
    const std::size_t at = kMagic.size() + samples.below(bytes.size() - kMagic.size() + 1);
    switch (samples.below(4)) {
        case 0: bytes.insert(at, 1, static_cast<char>(samples.below(256))); break;
        case 1: bytes.erase(at, 1 + samples.below(4)); break;
        case 2: bytes.resize(at); break;
        default:
            if (at < bytes.size()) {
                bytes[at] = static_cast<char>(samples.below(256));
            }
    }
}

}  // namespace

TEST_CASE("a batch cut short at any byte gives its whole commands and then an error") {
    Samples samples(41);
    for (int round = 0; round < 60; ++round) {
        const std::vector<Command> commands = {
            samples.command(), samples.command(), samples.command()};
        Frames frames = encode_all(commands);
        std::vector<std::size_t> ends = {kMagic.size()};
        for (std::size_t i = 1; i <= commands.size(); ++i) {
            ends.push_back(encode_all({commands.begin(), commands.begin() + static_cast<int>(i)})
                               .front()
                               .size());
        }
        const std::string whole(frames.front().view());
        for (std::size_t size = kMagic.size(); size < whole.size(); ++size) {
            frames.front() = base::Blob::copy(std::string_view(whole).substr(0, size));
            const auto before = std::ranges::upper_bound(ends, size) - ends.begin() - 1;
            BatchReader reader(frames);
            for (std::ptrdiff_t i = 0; i < before; ++i) {
                const auto next = reader.next();
                REQUIRE((next.has_value() && next->has_value()));
                REQUIRE(**next == commands[static_cast<std::size_t>(i)]);
            }
            const auto last = reader.next();
            const bool at_end = std::ranges::find(ends, size) != ends.end();
            REQUIRE(last.has_value() == at_end);
            if (!last) {
                REQUIRE(last.error().code == Errc::Malformed);
            }
        }
    }
}

TEST_CASE("a hundred thousand damaged batches are read to an end") {
    Samples samples(42);
    std::size_t commands = 0;
    for (int round = 0; round < 2000; ++round) {
        std::vector<Command> batch(1 + samples.below(4));
        std::ranges::generate(batch, [&] { return samples.command(); });
        Frames frames = encode_all(batch);
        const std::string whole(frames.front().view());
        for (int i = 0; i < 50; ++i) {
            std::string damaged = whole;
            for (std::uint64_t n = 0; n <= samples.below(6); ++n) {
                mutate(damaged, samples);
            }
            frames.front() = base::Blob::copy(damaged);
            commands += drain(frames);
        }
    }
    CHECK(commands > 10'000);
}

TEST_CASE("random bytes are read to an end") {
    Samples samples(43);
    for (int round = 0; round < 50'000; ++round) {
        std::string bytes(kMagic);
        for (std::uint64_t n = samples.below(60); n > 0; --n) {
            bytes += static_cast<char>(samples.below(256));
        }
        (void)drain({base::Blob::copy(bytes)});
    }
}

TEST_CASE("commands and fields of a later version are passed over") {
    // Type 127 with a map, type 70000 alone, then a Goodbye with two further fields, a Heartbeat.
    const Frames frames = frames_of(
        "937f81a16101c0"
        "91ce00011170"
        "9414c3a3616263c0"
        "9120");
    CHECK(decode_all(frames) == std::vector<Command>{Goodbye{true}, Heartbeat{}});
    // An attempt in a list with a third element.
    const Frames returned = frames_of(
        "92139193c41000000000000000010000000000000002"
        "03"
        "a178");
    CHECK(decode_all(returned) == std::vector<Command>{Return{{{{1, 2}, 3}}}});
}

TEST_CASE("a later field may be deep or broken: deep is skipped, broken is refused") {
    CHECK(decode_all(frames_of("922091919191c0")) == std::vector<Command>{Heartbeat{}});
    CHECK(error_of("9220c1") == Errc::Malformed);
    CHECK(error_of("9220a5") == Errc::Malformed);
}

TEST_CASE("a command that lacks a field is refused, but for those that were added later") {
    Samples samples(44);
    for (int i = 0; i < 4000; ++i) {
        const Command command = samples.command();
        const Frames frames = encode_all({command});
        std::string bytes(frames.front().view());
        const auto head = static_cast<unsigned char>(bytes[kMagic.size()]);
        const unsigned fields = head - 0x91U;
        if (fields == 0) {
            continue;
        }
        // Fewer fields are announced; what they were then stands alone and is no command.
        const auto announced = static_cast<unsigned>(samples.below(fields));
        bytes[kMagic.size()] = static_cast<char>(0x91U + announced);
        Frames shortened = frames;
        shortened.front() = base::Blob::copy(bytes);
        BatchReader reader(shortened);
        const auto next = reader.next();
        CAPTURE(command.index());
        CAPTURE(announced);
        REQUIRE(next.has_value() == (announced + added_fields(command) >= fields));
        if (!next) {
            CAPTURE(next.error().message);
            CHECK(next.error().message.ends_with("a field is missing"));
        }
    }
}

TEST_CASE("fields that were added later and are missing have their defaults") {
    const auto only = [](const std::string& hex) {
        const std::vector<Command> commands = decode_all(frames_of(hex));
        REQUIRE(commands.size() == 1);
        return commands.front();
    };
    Query query;
    query.number = 9;
    query.what = "jobs";
    CHECK(only("950409a46a6f6273a0c0") == Command(query));
    query.states = 3;
    query.context = "c";
    CHECK(only("970409a46a6f6273a0c003a163") == Command(query));
    CHECK(only("935001c41000000000000000010000000000000002") ==
          Command(Accepted{1, {1, 2}, false}));
    CHECK(only("940501c4100000000000000001000000000000000207") ==
          Command(Await{1, {1, 2}, std::chrono::microseconds(7), false}));
    CHECK(only("950501c4100000000000000001000000000000000207c3") ==
          Command(Await{1, {1, 2}, std::chrono::microseconds(7), true}));
    CHECK(only("955201c4100000000000000001000000000000000200c0") ==
          Command(JobPartial{1, {1, 2}, {}}));
    CHECK(only("975201c4100000000000000001000000000000000200c00709") ==
          Command(JobPartial{1, {1, 2}, {}, {7, 9}}));
    CHECK(only("964001a1770000"
               "00") == Command(Welcome{1, "w", {}, 0, 0, {}}));
}

TEST_CASE("what is no command is malformed") {
    CHECK(error_of("90") == Errc::Malformed);
    CHECK(error_of("c0") == Errc::Malformed);
    CHECK(error_of("20") == Errc::Malformed);
    CHECK(error_of("81a17420") == Errc::Malformed);
    CHECK(error_of("91a3737562") == Errc::Malformed);
    CHECK(error_of("91ff") == Errc::Malformed);
    CHECK(error_of("c1") == Errc::Malformed);
    CHECK(error_of("ddffffffff20") == Errc::Malformed);
}

TEST_CASE("a job's id has sixteen bytes") {
    CHECK(decode_all(frames_of("935001c41000000000000000010000000000000002")) ==
          std::vector<Command>{Accepted{1, {1, 2}, false}});
    CHECK(decode_all(frames_of("935001d91000000000000000010000000000000002")) ==
          std::vector<Command>{Accepted{1, {1, 2}, false}});
    CHECK(error_of("935001c40f000000000000000100000000000000") == Errc::Malformed);
    CHECK(error_of("935001c4110000000000000001000000000000000200") == Errc::TooLarge);
    CHECK(error_of("935001c0") == Errc::Malformed);
}

TEST_CASE("a payload's frame must be there") {
    const auto report = [](std::string_view index) {
        Frames frames = frames_of("935501" + std::string(index));
        frames.push_back(base::Blob::copy("one"));
        frames.push_back(base::Blob::copy("two"));
        return decode_all(frames);
    };
    CHECK(report("01") == std::vector<Command>{Report{1, base::Blob::copy("one")}});
    CHECK(report("02") == std::vector<Command>{Report{1, base::Blob::copy("two")}});
    CHECK(report("cd0002") == report("02"));
    CHECK(report("00").empty());
    CHECK(report("03").empty());
    CHECK(report("ff").empty());
    CHECK(report("c0").empty());
}

TEST_CASE("absent params have no bytes and others have some place") {
    const std::string head =
        "9421c41000000000000000010000000000000002"
        "01";
    CHECK(error_of(head) == Errc::Malformed);
    const auto partial = [](std::string_view payload) {
        return "9521c4100000000000000001000000000000000201" + std::string(payload);
    };
    CHECK(decode_all(frames_of(partial("00c0"))) == std::vector<Command>{Partial{{{1, 2}, 1}, {}}});
    CHECK(decode_all(frames_of(partial("01c400"))) ==
          std::vector<Command>{Partial{{{1, 2}, 1}, {model::Encoding::Opaque, {}}}});
    CHECK(decode_all(frames_of(partial("01a178"))) ==
          std::vector<Command>{
              Partial{{{1, 2}, 1}, {model::Encoding::Opaque, base::Blob::copy("x")}}});
    CHECK(error_of(partial("00c400")) == Errc::Malformed);
    CHECK(error_of(partial("01c0")) == Errc::Malformed);
}

TEST_CASE("an error says which command and which byte") {
    const Frames frames = frames_of(
        "9120"
        "9314c3a161"
        "9220"
        "c1");
    BatchReader reader(frames);
    CHECK(reader.next().has_value());
    CHECK(reader.next().has_value());
    const auto bad = reader.next();
    REQUIRE_FALSE(bad.has_value());
    CHECK(bad.error().message == "command 3 (Heartbeat), byte 13: 0xC1 is not msgpack");
}
