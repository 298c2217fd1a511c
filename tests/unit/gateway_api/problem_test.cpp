#include "gateway/api/problem.hpp"

#include <algorithm>

#include <doctest/doctest.h>

namespace steward::gateway {
namespace {

using base::Errc;
using namespace std::chrono_literals;

constexpr Errc kCodes[] = {
#define X(name, number, kind, meaning) Errc::name,
#include "common/base/errors.def"
#undef X
};

TEST_CASE("404 is for what nobody knows, and for nothing else") {
    for (const Errc code : kCodes) {
        const bool is_unknown =
            code == Errc::UnknownService || code == Errc::UnknownJob || code == Errc::UnknownName;
        CHECK((status_of(code) == 404) == is_unknown);
    }
}

TEST_CASE("what may work later says when; what is the caller's mistake does not") {
    for (const Errc code : kCodes) {
        const Response response = problem({code, "why", std::nullopt});
        const bool says_when = std::ranges::any_of(
            response.headers, [](const Header& header) { return header.name == "Retry-After"; });
        INFO(std::string(base::name_of(code)));
        CHECK(says_when == (response.status == 429 || response.status == 503));
        if (base::class_of(code) == base::ErrorClass::Retry) {
            CHECK(says_when);
        }
        if (base::class_of(code) == base::ErrorClass::Fatal) {
            CHECK(response.status == 500);
        }
    }
}

TEST_CASE("a problem tells its code by number and name, and the time in whole seconds") {
    const Response response = problem({Errc::QueueFull, "the queue is full", 1500ms});
    CHECK(response.status == 429);
    CHECK(response.content_type == "application/problem+json");
    const auto body = nlohmann::json::parse(response.body.view());
    CHECK(body["code"] == 1201);
    CHECK(body["name"] == "QueueFull");
    CHECK(body["detail"] == "the queue is full");
    CHECK(response.headers.front() == Header{"Retry-After", "2"});
}

}  // namespace
}  // namespace steward::gateway
