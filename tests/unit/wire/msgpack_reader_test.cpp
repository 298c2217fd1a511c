// tests: the msgpack reader against the format's forms and against the msgpack library.
#include "common/wire/msgpack_reader.hpp"

#include <sstream>
#include <string>

#include <doctest/doctest.h>
#include <msgpack.hpp>

#include "common/base/bytes.hpp"
#include "common/base/prng.hpp"

using namespace steward;
using steward::wire::MsgpackFault;
using steward::wire::MsgpackReader;

namespace {

std::string bytes_of(std::string_view hex) {
    return *base::from_hex(hex);
}

std::uint64_t read_unsigned(std::string_view hex) {
    const std::string bytes = bytes_of(hex);
    MsgpackReader in(bytes);
    const std::uint64_t value = in.unsigned_integer();
    REQUIRE_FALSE(in.failed());
    CHECK(in.rest().empty());
    return value;
}

std::int64_t read_integer(std::string_view hex) {
    const std::string bytes = bytes_of(hex);
    MsgpackReader in(bytes);
    const std::int64_t value = in.integer();
    REQUIRE_FALSE(in.failed());
    CHECK(in.rest().empty());
    return value;
}

// What a call makes of these bytes when it must not take them.
template <class Call>
MsgpackFault fault_of(std::string_view hex, Call call) {
    const std::string bytes = bytes_of(hex);
    MsgpackReader in(bytes);
    call(in);
    CHECK(in.failed());
    CHECK(in.position() == 0);
    return in.fault();
}

constexpr auto kUnsigned = [](MsgpackReader& in) { CHECK(in.unsigned_integer() == 0); };
constexpr auto kInteger = [](MsgpackReader& in) { CHECK(in.integer() == 0); };
constexpr auto kBytes = [](MsgpackReader& in) { CHECK(in.bytes(300).empty()); };
constexpr auto kArray = [](MsgpackReader& in) { CHECK(in.array() == 0); };
constexpr auto kMap = [](MsgpackReader& in) { CHECK(in.map() == 0); };
constexpr auto kSkip = [](MsgpackReader& in) { in.skip(); };

using Packer = msgpack::packer<std::stringstream>;

// Any object the library can write, nested a few levels.
void pack_random(Packer& out, base::Prng& prng, int depth) {
    const auto number = [&] { return prng.next() >> prng.below(64); };
    const auto pack_bytes = [&](bool text) {
        const std::string bytes(prng.below(prng.chance(1, 20) ? 70'000 : 300), 'x');
        const auto size = static_cast<std::uint32_t>(bytes.size());
        text ? out.pack_str(size).pack_str_body(bytes.data(), size)
             : out.pack_bin(size).pack_bin_body(bytes.data(), size);
    };
    const std::uint64_t elements = prng.below(prng.chance(1, 20) ? 100 : 6);
    switch (prng.below(depth == 0 ? 8 : 10)) {
        case 0: out.pack_nil(); return;
        case 1: prng.chance(1, 2) ? out.pack_true() : out.pack_false(); return;
        case 2: out.pack(number()); return;
        case 3: out.pack(-static_cast<std::int64_t>(number() >> 1U)); return;
        case 4: out.pack_double(0.5); return;
        case 5: pack_bytes(true); return;
        case 6: pack_bytes(false); return;
        case 7: {
            const std::string body(prng.below(20), 'e');
            out.pack_ext(body.size(), 5);
            out.pack_ext_body(body.data(), static_cast<std::uint32_t>(body.size()));
            return;
        }
        case 8:
            out.pack_array(static_cast<std::uint32_t>(elements));
            for (std::uint64_t i = 0; i < elements; ++i) {
                pack_random(out, prng, depth - 1);
            }
            return;
        default:
            out.pack_map(static_cast<std::uint32_t>(elements));
            for (std::uint64_t i = 0; i < 2 * elements; ++i) {
                pack_random(out, prng, depth - 1);
            }
    }
}

// Reads one value with the pull reader and compares it with the library's object.
void compare(MsgpackReader& in, const msgpack::object& object) {
    switch (object.type) {
        case msgpack::type::NIL: CHECK(in.nil()); return;
        case msgpack::type::BOOLEAN: CHECK(in.boolean() == object.via.boolean); return;
        case msgpack::type::POSITIVE_INTEGER: {
            MsgpackReader again = in;
            if (object.via.u64 <= INT64_MAX) {
                CHECK(again.integer() == static_cast<std::int64_t>(object.via.u64));
            }
            CHECK(in.unsigned_integer() == object.via.u64);
            return;
        }
        case msgpack::type::NEGATIVE_INTEGER: CHECK(in.integer() == object.via.i64); return;
        case msgpack::type::STR:
        case msgpack::type::BIN: {
            const std::string_view bytes = in.bytes(SIZE_MAX);
            CHECK((bytes == std::string_view(object.via.bin.ptr, object.via.bin.size)));
            return;
        }
        case msgpack::type::ARRAY:
            REQUIRE(in.array() == object.via.array.size);
            for (const msgpack::object& element : object.via.array) {
                compare(in, element);
            }
            return;
        case msgpack::type::MAP:
            REQUIRE(in.map() == object.via.map.size);
            for (const msgpack::object_kv& pair : object.via.map) {
                compare(in, pair.key);
                compare(in, pair.val);
            }
            return;
        case msgpack::type::FLOAT32:
        case msgpack::type::FLOAT64:
        case msgpack::type::EXT: in.skip(); return;
    }
}

std::string random_object(base::Prng& prng) {
    std::stringstream stream;
    Packer packer(stream);
    pack_random(packer, prng, 4);
    return stream.str();
}

}  // namespace

TEST_CASE("an unsigned integer is taken in every form it has") {
    CHECK(read_unsigned("00") == 0);
    CHECK(read_unsigned("7f") == 127);
    CHECK(read_unsigned("cc07") == 7);
    CHECK(read_unsigned("ccff") == 255);
    CHECK(read_unsigned("cd0007") == 7);
    CHECK(read_unsigned("cdffff") == 65535);
    CHECK(read_unsigned("ceffffffff") == UINT32_MAX);
    CHECK(read_unsigned("cfffffffffffffffff") == UINT64_MAX);
    CHECK(read_unsigned("d07f") == 127);
    CHECK(read_unsigned("d17fff") == 32767);
    CHECK(read_unsigned("d27fffffff") == INT32_MAX);
    CHECK(read_unsigned("d37fffffffffffffff") == INT64_MAX);
}

TEST_CASE("a signed integer is taken in every form it has") {
    CHECK(read_integer("05") == 5);
    CHECK(read_integer("ff") == -1);
    CHECK(read_integer("e0") == -32);
    CHECK(read_integer("d080") == -128);
    CHECK(read_integer("d0ff") == -1);
    CHECK(read_integer("d18000") == -32768);
    CHECK(read_integer("d280000000") == INT32_MIN);
    CHECK(read_integer("d38000000000000000") == INT64_MIN);
    CHECK(read_integer("cf7fffffffffffffff") == INT64_MAX);
    CHECK(read_integer("cc80") == 128);
}

TEST_CASE("integers outside what was asked for are out of range") {
    for (const char* hex : {"ff", "e0", "d0ff", "d18000", "d2ffffffff", "d38000000000000000"}) {
        CHECK(fault_of(hex, kUnsigned) == MsgpackFault::OutOfRange);
    }
    CHECK(fault_of("cf8000000000000000", kInteger) == MsgpackFault::OutOfRange);
    const auto to_hundred = [](MsgpackReader& in) { (void)in.unsigned_integer(100); };
    CHECK(fault_of("65", to_hundred) == MsgpackFault::OutOfRange);
    CHECK(fault_of("cc65", to_hundred) == MsgpackFault::OutOfRange);
    const auto small = [](MsgpackReader& in) { (void)in.integer(-2, 2); };
    CHECK(fault_of("fd", small) == MsgpackFault::OutOfRange);
    CHECK(fault_of("03", small) == MsgpackFault::OutOfRange);
    const std::string at_limits = bytes_of("fe02");
    MsgpackReader in(at_limits);
    CHECK(in.integer(-2, 2) == -2);
    CHECK(in.integer(-2, 2) == 2);
    CHECK_FALSE(in.failed());
}

TEST_CASE("strings and binary are taken alike, in every form") {
    for (const char* hex :
         {"a178", "d90178", "da000178", "db0000000178", "c40178", "c5000178", "c60000000178"}) {
        const std::string bytes = bytes_of(hex);
        MsgpackReader in(bytes);
        CHECK(in.next_is_bytes());
        CHECK(in.bytes(1) == "x");
        CHECK(in.rest().empty());
    }
}

TEST_CASE("bytes are taken up to the limit and refused one past it") {
    const std::string bytes = bytes_of("c403616263");
    MsgpackReader at_limit(bytes);
    CHECK(at_limit.bytes(3) == "abc");
    MsgpackReader past_limit(bytes);
    CHECK(past_limit.bytes(2).empty());
    CHECK(past_limit.fault() == MsgpackFault::TooLong);
}

TEST_CASE("a length beyond the end is never believed") {
    for (const char* hex :
         {"a2", "a278", "d9", "d90278", "c6ffffffff", "c6ffffff", "dbffffffff78"}) {
        const auto any = [](MsgpackReader& in) { (void)in.bytes(SIZE_MAX); };
        CHECK(fault_of(hex, any) == MsgpackFault::Truncated);
    }
    CHECK(fault_of("9200", kArray) == MsgpackFault::Truncated);
    CHECK(fault_of("ddffffffff00", kArray) == MsgpackFault::Truncated);
    CHECK(fault_of("dc00", kArray) == MsgpackFault::Truncated);
    CHECK(fault_of("8100", kMap) == MsgpackFault::Truncated);
    CHECK(fault_of("dfffffffff0000", kMap) == MsgpackFault::Truncated);
    CHECK(fault_of("", kUnsigned) == MsgpackFault::Truncated);
    CHECK(fault_of("cd00", kUnsigned) == MsgpackFault::Truncated);
    CHECK(fault_of("", kBytes) == MsgpackFault::Truncated);
    for (const char* hex : {"ca000000",
                            "cb00000000000000",
                            "c7",
                            "c70105",
                            "d4",
                            "d405",
                            "d80500",
                            "c9ffffffff05",
                            "d200"}) {
        CHECK(fault_of(hex, kSkip) == MsgpackFault::Truncated);
    }
}

TEST_CASE("arrays and maps are taken up to the limit and refused one past it") {
    const std::string bytes = bytes_of("920000");
    MsgpackReader at_limit(bytes);
    CHECK(at_limit.array(2) == 2);
    const auto one = [](MsgpackReader& in) { (void)in.array(1); };
    CHECK(fault_of("920000", one) == MsgpackFault::TooLong);
    const std::string pairs = bytes_of("de00010000");
    MsgpackReader map(pairs);
    CHECK(map.map(1) == 1);
    const auto none = [](MsgpackReader& in) { (void)in.map(0); };
    CHECK(fault_of("de00010000", none) == MsgpackFault::TooLong);
}

TEST_CASE("another type than the one asked for is refused") {
    for (const char* hex : {"c0", "c2", "a0", "c400", "90", "80", "ca00000000", "d40000"}) {
        CHECK(fault_of(hex, kUnsigned) == MsgpackFault::WrongType);
        CHECK(fault_of(hex, kInteger) == MsgpackFault::WrongType);
    }
    for (const char* hex : {"c0", "00", "90", "80", "ff", "c70000"}) {
        CHECK(fault_of(hex, kBytes) == MsgpackFault::WrongType);
    }
    CHECK(fault_of("80", kArray) == MsgpackFault::WrongType);
    CHECK(fault_of("90", kMap) == MsgpackFault::WrongType);
    const auto boolean = [](MsgpackReader& in) { CHECK_FALSE(in.boolean()); };
    CHECK(fault_of("00", boolean) == MsgpackFault::WrongType);
    CHECK(fault_of("c1", kSkip) == MsgpackFault::Reserved);
}

TEST_CASE("the first fault sticks and everything after it is nothing") {
    const std::string bytes = bytes_of("c005c3");
    MsgpackReader in(bytes);
    CHECK(in.unsigned_integer() == 0);
    CHECK(in.fault() == MsgpackFault::WrongType);
    CHECK_FALSE(in.nil());
    CHECK_FALSE(in.next_is_bytes());
    in.skip();
    CHECK(in.array() == 0);
    CHECK_FALSE(in.boolean());
    in.fail(MsgpackFault::Missing);
    CHECK(in.fault() == MsgpackFault::WrongType);
    CHECK(in.position() == 0);
}

TEST_CASE("skipping needs no stack however deep the value is") {
    std::string bytes(1'000'000, '\x91');
    bytes += '\xC0';
    MsgpackReader in(bytes);
    in.skip();
    CHECK_FALSE(in.failed());
    CHECK(in.rest().empty());
}

TEST_CASE("what the msgpack library writes is read as the same values") {
    base::Prng prng(11);
    for (int i = 0; i < 3000; ++i) {
        const std::string bytes = random_object(prng);
        const msgpack::object_handle object = msgpack::unpack(bytes.data(), bytes.size());
        MsgpackReader in(bytes);
        compare(in, object.get());
        REQUIRE_FALSE(in.failed());
        REQUIRE(in.rest().empty());
    }
}

TEST_CASE("skipping ends exactly where the msgpack library ends") {
    base::Prng prng(12);
    for (int i = 0; i < 3000; ++i) {
        const std::string bytes = random_object(prng) + random_object(prng);
        std::size_t end = 0;
        (void)msgpack::unpack(bytes.data(), bytes.size(), end);
        MsgpackReader in(bytes);
        in.skip();
        REQUIRE_FALSE(in.failed());
        REQUIRE(in.position() == end);
        in.skip();
        REQUIRE(in.rest().empty());
    }
}

TEST_CASE("of a value cut short anywhere nothing is taken for whole") {
    base::Prng prng(13);
    for (int i = 0; i < 300; ++i) {
        const std::string bytes = random_object(prng);
        for (std::size_t size = 0; size < bytes.size(); size += 1 + bytes.size() / 200) {
            MsgpackReader in(std::string_view(bytes).substr(0, size));
            in.skip();
            REQUIRE(in.fault() == MsgpackFault::Truncated);
        }
    }
}
