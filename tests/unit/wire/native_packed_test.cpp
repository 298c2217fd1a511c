// tests: submissions that are packed once are the bytes of those that are not; acceptances that are
// read the short way are those of the long way.
#include "common/wire/native_packed.hpp"

#include <doctest/doctest.h>

#include "tests/unit/wire/native_samples.hpp"

using namespace steward;
using namespace steward::wire;
using namespace steward::wire::native;

namespace {

Frames plain(const Submit& submit) {
    BatchWriter out;
    out.add(Session{7, 1});
    out.add(submit);
    return out.take();
}

Frames packed(const Submit& submit, const PackedJob& job) {
    BatchWriter out;
    out.add(Session{7, 1});
    out.add(PackedSubmit{submit.number, submit.again, job});
    return out.take();
}

}  // namespace

TEST_CASE("A packed submission has the bytes of the same one that is not packed") {
    Samples samples(11);
    std::size_t with_frames = 0;
    for (int i = 0; i < 2000; ++i) {
        const Submit submit = samples.submit();
        const PackedJob job = pack_job(submit.spec);
        const Frames frames = packed(submit, job);
        CHECK(frames == plain(submit));
        CHECK(frames == packed(submit, job));  // as often as it takes
        CHECK(job.is_sync == submit.spec.options.sync);
        CHECK(job.takes_result ==
              (submit.spec.options.sync || submit.spec.options.wait.has_value()));
        with_frames += frames.size() > 1 ? 1U : 0U;
    }
    Submit submit = samples.submit();
    for (const std::size_t size : {kInlinePayloadBytesMax, kInlinePayloadBytesMax + 1}) {
        submit.spec.params = {model::Encoding::Opaque, base::Blob::copy(std::string(size, 'x'))};
        CHECK(packed(submit, pack_job(submit.spec)) == plain(submit));
        with_frames += packed(submit, pack_job(submit.spec)).size() - 1;
    }
    CHECK(with_frames > 0);
}

TEST_CASE("Jobs are packed one behind the other; one that is kept has bytes of its own") {
    const Submit submit = Samples(3).submit();
    MsgpackWriter out;
    out.nil();
    const model::JobSpec& spec = submit.spec;
    PackedJob lent =
        pack_job(out, spec.service.view(), spec.params, spec.options, spec.options.sync);
    CHECK(lent.bytes == out.view().substr(1));
    CHECK(lent.owner.empty());
    const PackedJob own = kept(std::move(lent));
    out.cut(0);
    out.raw(std::string(own.bytes.size() + 1, '\0'));
    CHECK(packed(submit, own) == plain(submit));
}

TEST_CASE("Acceptances are read the short way one by one, of all numbers") {
    BatchWriter out;
    std::vector<Accepted> told;
    for (const std::uint64_t number : {std::uint64_t{0},
                                       std::uint64_t{127},
                                       std::uint64_t{128},
                                       std::uint64_t{255},
                                       std::uint64_t{256},
                                       std::uint64_t{65'535},
                                       std::uint64_t{65'536},
                                       std::uint64_t{UINT32_MAX},
                                       std::uint64_t{UINT32_MAX} + 1,
                                       UINT64_MAX,
                                       std::uint64_t{1}}) {
        told.push_back({number, {number * 3, ~number}, number % 2 == 0});
        out.add(told.back());
    }
    const Frames frames = out.take();
    BatchReader reader(frames);
    for (const Accepted& one : told) {
        Accepted heard;
        REQUIRE(reader.next_accepted(heard));
        CHECK(heard == one);
    }
    Accepted none;
    CHECK_FALSE(reader.next_accepted(none));
    const auto end = reader.next();
    REQUIRE(end);
    CHECK_FALSE(end->has_value());
}

TEST_CASE("What is no acceptance, or is cut short, is left for the long way") {
    BatchWriter out;
    out.add(Accepted{70'000, {1, 2}, true});
    out.add(Heartbeat{});
    out.add(Accepted{3, {1, 2}, false});
    const std::string whole(out.take().front().view());
    for (std::size_t size = kMagic.size(); size <= whole.size(); ++size) {
        const Frames frames = {base::Blob::copy(whole.substr(0, size))};
        BatchReader fast(frames);
        BatchReader slow(frames);
        while (true) {
            Accepted heard;
            const bool is_accepted = fast.next_accepted(heard);
            const auto expected = slow.next();
            if (is_accepted) {
                REQUIRE(expected);
                REQUIRE(expected->has_value());
                CHECK(std::get<Accepted>(**expected) == heard);
                continue;
            }
            const auto same = fast.next();
            REQUIRE(same.has_value() == expected.has_value());
            if (!same || !same->has_value()) {
                break;
            }
            CHECK(**same == **expected);
        }
    }
}
