// tests: what the native codec writes it reads back as the same.
#include <array>

#include <doctest/doctest.h>

#include "tests/unit/wire/native_samples.hpp"

using namespace steward;
using namespace steward::wire;
using namespace steward::wire::native;

TEST_CASE("every command comes back as it was, alone") {
    Samples samples(1);
    std::array<int, std::variant_size_v<Command>> seen{};
    for (int i = 0; i < 20'000; ++i) {
        const Command command = samples.command();
        ++seen[command.index()];
        const std::vector<Command> back = decode_all(encode_all({command}));
        REQUIRE(back.size() == 1);
        REQUIRE(back.front() == command);
    }
    for (const int count : seen) {
        CHECK(count > 100);
    }
}

TEST_CASE("a batch keeps its commands and their order") {
    Samples samples(2);
    for (int round = 0; round < 50; ++round) {
        std::vector<Command> commands;
        BatchWriter writer;
        for (std::uint64_t i = 0; i <= samples.below(200); ++i) {
            commands.push_back(samples.command());
            writer.add(commands.back());
        }
        CHECK(writer.commands() == commands.size());
        const std::size_t announced = writer.bytes();
        const Frames frames = writer.take();
        CHECK(writer.empty());
        CHECK(writer.bytes() == 0);
        std::size_t bytes = 0;
        for (const base::Blob& frame : frames) {
            bytes += frame.size();
        }
        CHECK(bytes == announced);
        CHECK(decode_all(frames) == commands);
    }
}

TEST_CASE("a command added unwrapped gives the same bytes as in the variant") {
    Samples samples(3);
    for (int i = 0; i < 1000; ++i) {
        const Command command = samples.command();
        BatchWriter writer;
        std::visit([&](const auto& c) { writer.add(c); }, command);
        CHECK(writer.take() == encode_all({command}));
    }
}

TEST_CASE("a writer can be used again after each batch, small after large") {
    BatchWriter writer;
    for (const std::size_t commands : {1UL, 40'000UL, 3UL, 20'000UL, 1UL}) {
        for (std::size_t i = 0; i < commands; ++i) {
            writer.add(Accepted{i, {7, i}, false});
        }
        const Frames frames = writer.take();
        const std::vector<Command> back = decode_all(frames);
        REQUIRE(back.size() == commands);
        CHECK(back.back() == Command(Accepted{commands - 1, {7, commands - 1}, false}));
    }
}

TEST_CASE("a writer without commands has no batch") {
    BatchWriter writer;
    CHECK(writer.empty());
    CHECK(writer.take().empty());
    writer.add(Heartbeat{});
    CHECK(writer.take().size() == 1);
    CHECK(writer.take().empty());
}

TEST_CASE("a large payload is the very frame that was given, both ways") {
    const base::Blob large = base::Blob::copy(std::string(kInlinePayloadBytesMax + 1, 'x'));
    const Frames frames = encode_all({Partial{{{1, 2}, 3}, {model::Encoding::Opaque, large}}});
    REQUIRE(frames.size() == 2);
    CHECK(frames[1].view().data() == large.view().data());
    const std::vector<Command> back = decode_all(frames);
    REQUIRE(back.size() == 1);
    CHECK(std::get<Partial>(back[0]).data.bytes.view().data() == large.view().data());
}

TEST_CASE("a payload at the inline limit rides in the batch, one byte more does not") {
    for (const std::size_t extra : {0UL, 1UL}) {
        const base::Blob bytes = base::Blob::copy(std::string(kInlinePayloadBytesMax + extra, 'x'));
        CHECK(encode_all({Report{1, bytes}}).size() == 1 + extra);
        CHECK(encode_all({Partial{{}, {model::Encoding::Json, bytes}}}).size() == 1 + extra);
    }
}

TEST_CASE("an inline payload does not keep its batch alive") {
    Frames frames = encode_all(
        {Partial{{}, {model::Encoding::Opaque, base::Blob::copy(std::string(4000, 'x'))}}});
    const std::vector<Command> back = decode_all(frames);
    const std::string_view batch = frames[0].view();
    const std::string_view payload = std::get<Partial>(back.at(0)).data.bytes.view();
    CHECK((payload.data() < batch.data() || payload.data() >= batch.data() + batch.size()));
}

TEST_CASE("services named alike in one batch share one name") {
    Samples samples(4);
    Submit submit = samples.submit();
    const std::vector<Command> back = decode_all(encode_all({submit, submit}));
    REQUIRE(back.size() == 2);
    CHECK(std::get<Submit>(back[0]).spec.service.view().data() ==
          std::get<Submit>(back[1]).spec.service.view().data());
}

TEST_CASE("the batch is told from other messages by its magic") {
    CHECK_FALSE(is_native({}));
    CHECK_FALSE(is_native({base::Blob()}));
    CHECK_FALSE(is_native({base::Blob::copy("STW")}));
    CHECK_FALSE(is_native({base::Blob::copy("STW\x02")}));
    CHECK_FALSE(is_native({base::Blob(), base::Blob::copy("STW\x01")}));
    const Frames empty = {base::Blob::copy("STW\x01")};
    CHECK(is_native(empty));
    BatchReader reader(empty);
    const auto next = reader.next();
    REQUIRE(next.has_value());
    CHECK_FALSE(next->has_value());
}
