// tests: shared immutable bytes.
#include "common/base/blob.hpp"

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using steward::base::Blob;

namespace {

// An owner that counts how often it was released.
struct Owner {
    std::string bytes;
    int released = 0;
};

Blob adopted(Owner& owner) {
    return Blob::adopt(owner.bytes, &owner, [](void* p) { ++static_cast<Owner*>(p)->released; });
}

}  // namespace

TEST_CASE("a blob that was given nothing is empty") {
    const Blob none;
    CHECK(none.empty());
    CHECK(none.size() == 0);
    CHECK(none.view().empty());
    CHECK(Blob::copy("") == none);
}

TEST_CASE("a copy holds its own bytes, zeros included") {
    std::string bytes("a\0b", 3);
    const Blob blob = Blob::copy(bytes);
    bytes[0] = 'x';
    CHECK((blob.view() == std::string_view("a\0b", 3)));
    CHECK(blob.size() == 3);
    CHECK_FALSE(blob.empty());
}

TEST_CASE("blobs are compared by their bytes") {
    CHECK(Blob::copy("abc") == Blob::copy("abc"));
    CHECK_FALSE(Blob::copy("abc") == Blob::copy("abd"));
    CHECK_FALSE(Blob::copy("abc") == Blob());
}

TEST_CASE("copies of a blob share its bytes and moving leaves none behind") {
    Blob first = Blob::copy("shared");
    const Blob second = first;
    CHECK(second.view().data() == first.view().data());
    const Blob third = std::move(first);
    CHECK(third.view().data() == second.view().data());
    CHECK(first.empty());  // NOLINT(bugprone-use-after-move): that is what is tested
    first = third;
    CHECK(first == second);
    Blob& alias = first;
    first = alias;
    CHECK(first == second);
}

TEST_CASE("an owner is released once, when the last blob goes") {
    Owner owner{"owned"};
    {
        Blob last;
        {
            const Blob first = adopted(owner);
            CHECK(first.view().data() == owner.bytes.data());
            last = first;
        }
        CHECK(owner.released == 0);
        CHECK(last.view() == "owned");
    }
    CHECK(owner.released == 1);
}

TEST_CASE("an owner of no bytes is released as well") {
    Owner owner;
    CHECK(adopted(owner).empty());
    CHECK(owner.released == 1);
}

TEST_CASE("a small slice is a copy and a large one keeps its whole alive") {
    Owner owner{std::string(5000, 'x')};
    Blob small;
    Blob large;
    {
        const Blob whole = adopted(owner);
        small = whole.slice(whole.view().substr(1, Blob::slice_copy_bytes_max));
        CHECK(small.view().data() != owner.bytes.data() + 1);
        large = whole.slice(whole.view().substr(1, Blob::slice_copy_bytes_max + 1));
        CHECK(large.view().data() == owner.bytes.data() + 1);
    }
    CHECK(owner.released == 0);
    CHECK(large.size() == Blob::slice_copy_bytes_max + 1);
    CHECK(small.size() == Blob::slice_copy_bytes_max);
}

TEST_CASE("a slice of a slice releases the owner when it is the last") {
    Owner owner{std::string(5000, 'x')};
    {
        Blob part = adopted(owner);
        for (int i = 0; i < 3; ++i) {
            part = part.slice(part.view().substr(1));
        }
        CHECK(part.size() == 4997);
        CHECK(owner.released == 0);
    }
    CHECK(owner.released == 1);
}

TEST_CASE("blobs of one body may be copied and dropped on several threads") {
    Owner owner{std::string(2000, 'x')};
    {
        const Blob blob = adopted(owner);
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([blob] {
                for (int n = 0; n < 10'000; ++n) {
                    const Blob copy = blob;  // NOLINT(performance-unnecessary-copy-initialization)
                    const Blob part = copy.slice(copy.view().substr(100));
                }
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        CHECK(owner.released == 0);
    }
    CHECK(owner.released == 1);
}

namespace {

// As a template's member; see Blob::operator=().
template <class T>
struct Holder {
    T held;

    void clear() { held = {}; }
};

}  // namespace

TEST_CASE("what is assigned takes the place of what was there, which is let go") {
    Owner owner{std::string(2000, 'x')};
    Holder<Blob> holder{adopted(owner)};
    SUBCASE("by nothing") {
        holder.clear();
        CHECK(holder.held.empty());
    }
    SUBCASE("by a copy, which stays") {
        const Blob other = Blob::copy("other");
        holder.held = other;
        CHECK(holder.held == other);
    }
    SUBCASE("by what is moved") {
        Blob other = Blob::copy("other");
        holder.held = std::move(other);
        CHECK(holder.held.view() == "other");
    }
    CHECK(owner.released == 1);
    const Blob& same = holder.held;
    const std::string before(holder.held.view());
    holder.held = same;
    CHECK(holder.held.view() == before);
}
