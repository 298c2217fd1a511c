// tests: the msgpack writer gives the shortest forms, as the msgpack library does.
#include "common/wire/msgpack_writer.hpp"

#include <sstream>
#include <string>

#include <doctest/doctest.h>
#include <msgpack.hpp>

#include "common/base/bytes.hpp"
#include "common/base/prng.hpp"

using namespace steward;
using steward::wire::MsgpackWriter;

namespace {

using Packer = msgpack::packer<std::stringstream>;

// The same value written by both.
template <class Own, class Library>
void same(Own own, Library library) {
    MsgpackWriter writer;
    own(writer);
    std::stringstream stream;
    Packer packer(stream);
    library(packer);
    CHECK(base::to_hex(writer.view()) == base::to_hex(stream.str()));
}

}  // namespace

TEST_CASE("integers are written as the library writes them, at every edge") {
    for (unsigned bits = 0; bits <= 64; ++bits) {
        const std::uint64_t edge = bits == 64 ? UINT64_MAX : std::uint64_t{1} << bits;
        for (const std::uint64_t value : {edge - 1, edge, edge + 1}) {
            same([&](MsgpackWriter& out) { out.unsigned_integer(value); },
                 [&](Packer& out) { out.pack(value); });
            const auto number = static_cast<std::int64_t>(value);
            same([&](MsgpackWriter& out) { out.integer(number); },
                 [&](Packer& out) { out.pack(number); });
            const auto negative = static_cast<std::int64_t>(~value);
            same([&](MsgpackWriter& out) { out.integer(negative); },
                 [&](Packer& out) { out.pack(negative); });
        }
    }
}

TEST_CASE(
    "strings, binary, arrays and maps are written as the library writes them, at every edge") {
    for (const std::uint32_t size : {0U, 1U, 15U, 16U, 31U, 32U, 255U, 256U, 65535U, 65536U}) {
        const std::string bytes(size, 'x');
        same([&](MsgpackWriter& out) { out.str(bytes); },
             [&](Packer& out) { out.pack_str(size).pack_str_body(bytes.data(), size); });
        same([&](MsgpackWriter& out) { out.text(bytes); },
             [&](Packer& out) { out.pack_str(size).pack_str_body(bytes.data(), size); });
        same([&](MsgpackWriter& out) { out.bin(bytes); },
             [&](Packer& out) { out.pack_bin(size).pack_bin_body(bytes.data(), size); });
        same([&](MsgpackWriter& out) { out.array(size); },
             [&](Packer& out) { out.pack_array(size); });
        same([&](MsgpackWriter& out) { out.map(size); }, [&](Packer& out) { out.pack_map(size); });
    }
    same([](MsgpackWriter& out) { out.nil(); }, [](Packer& out) { out.pack_nil(); });
    same([](MsgpackWriter& out) { out.boolean(true); }, [](Packer& out) { out.pack_true(); });
    same([](MsgpackWriter& out) { out.boolean(false); }, [](Packer& out) { out.pack_false(); });
}

TEST_CASE("text that is no UTF-8 is written as binary") {
    MsgpackWriter out;
    out.text("caf\xC3\xA9");
    out.text("caf\xE9");
    CHECK(base::to_hex(out.view()) == "a5636166c3a9c404636166e9");
}

TEST_CASE("a byte written before can be changed") {
    MsgpackWriter out;
    out.array(0);
    out.nil();
    out.patch(0, 0x91);
    CHECK(base::to_hex(out.view()) == "91c0");
}

TEST_CASE("memory is kept when asked and content never") {
    MsgpackWriter out;
    out.bin(std::string(100'000, 'x'));
    out.clear(1'000'000);
    CHECK(out.size() == 0);
    out.nil();
    CHECK(base::to_hex(out.view()) == "c0");
    out.bin(std::string(100'000, 'x'));
    out.clear(10);
    out.boolean(true);
    CHECK(base::to_hex(out.view()) == "c3");
}

TEST_CASE("a long random sequence is the library's to the byte") {
    base::Prng prng(21);
    MsgpackWriter own;
    std::stringstream stream;
    Packer library(stream);
    for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t value = prng.next() >> prng.below(64);
        const std::string bytes(prng.below(400), 'x');
        own.unsigned_integer(value);
        own.str(bytes);
        own.raw("\xC0");
        library.pack(value);
        library.pack(bytes);
        library.pack_nil();
    }
    CHECK((own.view() == stream.str()));
}
