// tests/unit/gateway_access: browsers' sessions and their cookies.
#include "gateway/access/sessions.hpp"

#include <string>

#include <doctest/doctest.h>

#include "common/base/bytes.hpp"

namespace steward::gateway {
namespace {

using namespace std::chrono_literals;

base::MonoTime at(base::Duration since_start) {
    return base::MonoTime(since_start);
}

Sessions::Random random_of(unsigned char seed) {
    Sessions::Random random{};
    random.fill(seed);
    return random;
}

const Visitor kAnn{"ann", kRead};

Tokens tokens_with(const std::string& name, const std::string& role) {
    const Digest digest = sha256_of("secret");
    const std::string hex =
        base::to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
    auto tokens = Tokens::parse(
        "[[token]]\nname = \"" + name + "\"\nroles = [\"" + role + "\"]\nsha256 = \"" + hex + "\"",
        "tokens.toml");
    REQUIRE(tokens);
    return *tokens;
}

}  // namespace

TEST_CASE("A cookie stands for the token that opened its session") {
    Sessions sessions;
    const std::string cookie = sessions.open(at(0s), kAnn, random_of(0xAB));
    CHECK(cookie.size() == 64);
    REQUIRE(sessions.find(at(1s), cookie) != nullptr);
    CHECK(*sessions.find(at(1s), cookie) == kAnn);
    CHECK(sessions.find(at(1s), "") == nullptr);
    CHECK(sessions.find(at(1s), cookie.substr(1)) == nullptr);
    sessions.close(cookie);
    sessions.close(cookie);
    CHECK(sessions.find(at(1s), cookie) == nullptr);
    CHECK(sessions.size() == 0);
}

TEST_CASE("A session ends when it is idle, and when it is old") {
    const SessionLimits limits{.sessions_max = 10, .idle_max = 10s, .lifetime_max = 25s};
    Sessions sessions(limits);
    const std::string cookie = sessions.open(at(0s), kAnn, random_of(1));
    CHECK(sessions.find(at(10s - 1us), cookie) != nullptr);
    CHECK(sessions.find(at(19s), cookie) != nullptr);
    CHECK(sessions.find(at(25s - 1us), cookie) != nullptr);
    CHECK(sessions.find(at(25s), cookie) == nullptr);
    const std::string idle = sessions.open(at(30s), kAnn, random_of(2));
    CHECK(sessions.size() == 1);
    CHECK(sessions.find(at(40s), idle) == nullptr);
    CHECK(sessions.size() == 0);
}

TEST_CASE("When there are as many sessions as may be, the idlest makes room") {
    Sessions sessions({.sessions_max = 2, .idle_max = 1h, .lifetime_max = 2h});
    const std::string one = sessions.open(at(0s), kAnn, random_of(1));
    const std::string two = sessions.open(at(1s), kAnn, random_of(2));
    CHECK(sessions.find(at(2s), one) != nullptr);
    const std::string three = sessions.open(at(3s), kAnn, random_of(3));
    CHECK(sessions.size() == 2);
    CHECK(sessions.find(at(4s), one) != nullptr);
    CHECK(sessions.find(at(4s), two) == nullptr);
    CHECK(sessions.find(at(4s), three) != nullptr);
}

TEST_CASE("The same random bytes twice are one session, the later one") {
    Sessions sessions;
    (void)sessions.open(at(0s), kAnn, random_of(1));
    const std::string cookie = sessions.open(at(0s), {"bob", kSubmit}, random_of(1));
    CHECK(sessions.size() == 1);
    CHECK(sessions.find(at(0s), cookie)->name == "bob");
}

TEST_CASE("A session ends with its token, and when the token's roles change") {
    Sessions sessions;
    const std::string cookie = sessions.open(at(0s), kAnn, random_of(1));
    sessions.keep_only(tokens_with("ann", "read"));
    CHECK(sessions.find(at(0s), cookie) != nullptr);
    sessions.keep_only(tokens_with("ann", "submit"));
    CHECK(sessions.find(at(0s), cookie) == nullptr);
    const std::string other = sessions.open(at(0s), kAnn, random_of(2));
    sessions.keep_only(tokens_with("bob", "read"));
    CHECK(sessions.find(at(0s), other) == nullptr);
}

TEST_CASE("The session's cookie is found among others") {
    CHECK(session_cookie_of("steward-session=abc", false) == "abc");
    CHECK(session_cookie_of("a=b;  steward-session=abc; c=d", false) == "abc");
    CHECK(session_cookie_of("__Host-steward-session=abc", true) == "abc");
    CHECK_FALSE(session_cookie_of("steward-session=abc", true));
    CHECK_FALSE(session_cookie_of("__Host-steward-session=abc", false));
    CHECK_FALSE(session_cookie_of("steward-sessions=abc; steward-session", false));
    CHECK_FALSE(session_cookie_of("", false));
    CHECK_FALSE(session_cookie_of(";;=;", false));
}

TEST_CASE("A cookie is out of reach of scripts and other sites") {
    CHECK(session_cookie("abc", false, 1h) ==
          "steward-session=abc; Path=/; HttpOnly; SameSite=Strict; Max-Age=3600");
    CHECK(session_cookie("abc", true, 1h) ==
          "__Host-steward-session=abc; Path=/; HttpOnly; SameSite=Strict; Max-Age=3600; Secure");
    CHECK(session_cookie("", false, 1h) ==
          "steward-session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
}

}  // namespace steward::gateway
