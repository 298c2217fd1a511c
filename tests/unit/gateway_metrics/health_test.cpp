// tests: what probes are told.
#include "gateway/metrics/health.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace steward::gateway {

using namespace std::chrono_literals;

namespace {

Standing well() {
    Standing standing;
    standing.is_connected = true;
    standing.answer_age = 1s;
    standing.mode = "running";
    return standing;
}

// The one reason for which it is not ready.
std::string why_not(const Standing& standing) {
    const auto reasons = not_ready_because(standing);
    REQUIRE(reasons.size() == 1);
    CHECK(readyz(standing).status == 503);
    const auto body = nlohmann::json::parse(readyz(standing).body.view());
    CHECK(body == nlohmann::json{{"status", "failing"}, {"reasons", reasons}});
    return reasons.front();
}

bool speaks_of(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Alive is who does not hang, whatever the broker does") {
    const Response alive = healthz(5s);
    CHECK(alive.status == 200);
    CHECK(alive.content_type == "application/json");
    CHECK(alive.body.view() == "{\"status\":\"ok\"}\n");
    CHECK(alive.headers == std::vector<Header>{{"Cache-Control", "no-store"}});
    const Response late = healthz(5s + 1us);
    CHECK(late.status == 503);
    CHECK(speaks_of(std::string(healthz(8s).body.view()), "8 s late"));
}

TEST_CASE("Ready is who has a broker that takes jobs") {
    CHECK(readyz(well()).status == 200);
    Standing paused = well();
    paused.mode = "paused";  // takes jobs, and starts none
    CHECK(readyz(paused).status == 200);
    Standing unknown = well();
    unknown.mode = "";
    CHECK(readyz(unknown).status == 200);
}

TEST_CASE("Without a broker nobody is ready, and what it said before does not count") {
    Standing standing = well();
    standing.is_connected = false;
    standing.is_draining = true;
    CHECK(speaks_of(why_not(standing), "no connection with a broker"));
}

TEST_CASE("A broker that has not spoken for too long is none") {
    Standing standing = well();
    standing.answer_age = kAnswerAgeMax;
    CHECK(readyz(standing).status == 200);
    standing.answer_age = kAnswerAgeMax + 1us;
    CHECK(speaks_of(why_not(standing), "last heard 15 s ago"));
    standing.answer_age.reset();
    CHECK(speaks_of(why_not(standing), "not answered yet"));
}

TEST_CASE("A broker that takes no jobs makes its gateway not ready") {
    Standing standing = well();
    standing.is_draining = true;
    standing.mode = "draining";
    CHECK(speaks_of(why_not(standing), "takes no more jobs"));
    for (const char* mode : {"draining", "disabled"}) {
        Standing closed = well();
        closed.mode = mode;
        CHECK(speaks_of(why_not(closed), std::string("all services are ") + mode));
    }
}

TEST_CASE("A gateway that ends, or has no tokens though it wants some, is not ready") {
    Standing standing = well();
    standing.is_ending = true;
    CHECK(speaks_of(why_not(standing), "told to end"));
    standing = well();
    standing.wants_tokens = true;
    CHECK(speaks_of(why_not(standing), "file of tokens"));
    standing.has_tokens = true;
    CHECK(readyz(standing).status == 200);
    standing = Standing{};
    standing.is_ending = true;
    CHECK(not_ready_because(standing).size() == 2);
}

}  // namespace steward::gateway
