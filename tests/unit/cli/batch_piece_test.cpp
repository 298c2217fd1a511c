// tests: what becomes of lines that are submitted together.
#include "client/cli/batch_piece.hpp"

#include <doctest/doctest.h>

namespace steward::cli {
namespace {

using base::Errc;
using Answers = std::vector<base::Expected<model::JobId>>;

const base::Expected<model::JobId> kTaken = model::JobId{1, 1};

base::Unexpected refusal(Errc code) {
    return base::fail(code, "no");
}

BatchPiece lines(std::size_t first, std::size_t last) {
    BatchPiece piece;
    for (std::size_t number = first; number <= last; ++number) {
        piece.add(number, {"mail", {}, {}});
    }
    return piece;
}

}  // namespace

TEST_CASE("All lines that are submitted stop nothing") {
    BatchPiece piece = lines(1, 2);
    CHECK(piece.offered().size() == 2);
    CHECK(piece.settle(Answers{kTaken, kTaken}) == 2);
    CHECK_FALSE(piece.offer_again());
    CHECK_FALSE(piece.stop());
    CHECK(piece.offered().empty());
}

TEST_CASE("What is refused for now is offered again, also beside what is refused for good") {
    BatchPiece piece = lines(1, 5);
    CHECK(piece.settle(Answers{kTaken,
                               refusal(Errc::QueueFull),
                               kTaken,
                               refusal(Errc::UnknownService),
                               refusal(Errc::QueueFull)}) == 2);
    REQUIRE(piece.offer_again());
    CHECK(piece.offer_again()->message == "line 5: no");
    CHECK(piece.offered().size() == 2);
    CHECK(piece.settle(Answers{kTaken, kTaken}) == 2);
    CHECK_FALSE(piece.offer_again());
    const auto stop = piece.stop();
    REQUIRE(stop);
    CHECK(stop->error.message == "line 4: no");
    CHECK(stop->error.code == Errc::UnknownService);
    CHECK(stop->others ==
          "of the lines up to 5 these are not submitted: 4; all others are submitted");
}

TEST_CASE("With nothing submitted behind it, the line that stops says it all") {
    BatchPiece piece = lines(7, 9);
    piece.settle(Answers{kTaken, refusal(Errc::BadOption), refusal(Errc::BadOption)});
    REQUIRE(piece.stop());
    CHECK(piece.stop()->error.message == "line 8: no");
    CHECK(piece.stop()->others.empty());
}

TEST_CASE("Each line that is not submitted is named, in ranges, and those that may be") {
    BatchPiece piece = lines(1, 9);
    const auto full = refusal(Errc::QueueFull);
    const auto unheard = refusal(Errc::Timeout);
    piece.settle(Answers{full, kTaken, full, full, kTaken, unheard, unheard, kTaken, full});
    CHECK_FALSE(piece.offer_again());  // there is no broker to offer it to
    REQUIRE(piece.stop());
    CHECK(piece.stop()->error.message == "line 1: no");
    CHECK(piece.stop()->others ==
          "of the lines up to 9 these are not submitted: 1, 3-4, 9; of these it is not known: 6-7; "
          "all "
          "others are submitted");
    BatchPiece lost = lines(1, 2);
    lost.settle(Answers{kTaken, unheard});
    CHECK(lost.stop()->others ==
          "of the lines up to 2 of these it is not known: 2; all others are submitted");
}

TEST_CASE("Lines that are left out are told once and stop nothing") {
    BatchPiece piece = lines(1, 3);
    piece.settle(Answers{refusal(Errc::BadOption), kTaken, refusal(Errc::BadOption)});
    const auto left_out = piece.leave_out();
    REQUIRE(left_out.size() == 2);
    CHECK(left_out[1].message == "line 3: no");
    CHECK(piece.leave_out().empty());
    CHECK_FALSE(piece.stop());
}

}  // namespace steward::cli
