// tests: what answers of receivers mean, signatures, URLs and header files: both sides of each
// rule.
#include "worker/http/reply.hpp"

#include <doctest/doctest.h>

#include "common/wire/params.hpp"
#include "worker/http/settings.hpp"
#include "worker/http/signature.hpp"
#include "worker/http/target.hpp"

namespace steward::worker::http {

using namespace std::chrono_literals;
using model::Encoding;
using model::Verdict;

namespace {

constexpr base::WallTime kNow{1'700'000'000s};  // Tue, 14 Nov 2023 22:13:20 GMT
constexpr std::uint64_t kBodyMax = 1024;

model::Outcome outcome_of(const Reply& reply, Encoding params = Encoding::Json) {
    return answer_of(reply, kNow, 1h, kBodyMax).outcome(params);
}

Reply reply_of(unsigned status, std::string type = {}, std::string body = {}) {
    Reply reply;
    reply.status = status;
    reply.content_type = std::move(type);
    reply.body = std::move(body);
    return reply;
}

std::string result_of(const std::string& type, const std::string& body) {
    const auto outcome = outcome_of(reply_of(200, type, body));
    CHECK(outcome.verdict == Verdict::Succeeded);
    return std::string(outcome.result.bytes.view());
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::string fault_of(const std::string& url) {
    const auto target = parse_target(url);
    return target ? "" : target.error().message;
}

}  // namespace

TEST_CASE("the content type says how a result is read") {
    CHECK(result_of("application/json", "[1]") == "[1]");
    CHECK(result_of("Application/JSON ; charset=utf-8", "[1]") == "[1]");
    CHECK(result_of("application/problem+json", "{}") == "{}");
    CHECK(result_of("application/msgpack", "\x93\x01\x02\x03") == "[1,2,3]");
    CHECK(result_of("application/vnd.php.serialized", "i:5;") == "5");
    CHECK(result_of("text/html", "<p>") == R"("<p>")");
    CHECK(result_of("image/png", "\x89PNG") == R"({"base64":"iVBORw=="})");
    CHECK(result_of("", "x") == R"("x")");
    CHECK(outcome_of(reply_of(204)).result.encoding == Encoding::Absent);
    const auto broken = outcome_of(reply_of(200, "application/json", "{"));
    CHECK(broken.verdict == Verdict::FailedForGood);
}

TEST_CASE("the status decides") {
    for (const unsigned status : {200U, 201U, 202U, 204U, 299U}) {
        CHECK(outcome_of(reply_of(status)).verdict == Verdict::Succeeded);
    }
    for (const unsigned status : {408U, 425U, 429U, 500U, 502U, 503U, 599U}) {
        CHECK(outcome_of(reply_of(status)).verdict == Verdict::Failed);
    }
    for (const unsigned status : {101U, 300U, 301U, 304U, 399U, 400U, 401U, 404U, 410U, 499U}) {
        CHECK(outcome_of(reply_of(status)).verdict == Verdict::FailedForGood);
    }
}

TEST_CASE("Retry-After makes a snooze of what is for later, and of nothing else") {
    Reply reply = reply_of(429);
    reply.retry_after = "120";
    CHECK(outcome_of(reply).verdict == Verdict::Snoozed);
    CHECK(outcome_of(reply).again_in == 120s);
    reply.retry_after = "3601";
    CHECK(outcome_of(reply).again_in == 1h);
    reply.retry_after = "soon";
    CHECK(outcome_of(reply).verdict == Verdict::Failed);
    reply.retry_after = "120";
    reply.status = 404;
    CHECK(outcome_of(reply).verdict == Verdict::FailedForGood);
    reply.status = 200;
    CHECK(outcome_of(reply).verdict == Verdict::Succeeded);
}

TEST_CASE("Retry-After is a number of seconds or a date") {
    CHECK(parse_retry_after("0", kNow) == 0s);
    CHECK(parse_retry_after("-5", kNow) == 0s);
    CHECK(parse_retry_after("9223372036854775807", kNow) <= model::kDurationMax);
    CHECK(parse_retry_after("Tue, 14 Nov 2023 22:14:00 GMT", kNow) == 40s);
    CHECK(parse_retry_after("Tue, 14 Nov 2023 22:13:00 GMT", kNow) == 0s);
    for (const char* text : {"",
                             "1.5",
                             "99999999999999999999",
                             "Tue, 14 Nov 2023",
                             "tomorrow",
                             "Tue, 14 Nov 2023 22:14:00 GMT+1"}) {
        CHECK_MESSAGE(!parse_retry_after(text, kNow).has_value(), text);
    }
}

TEST_CASE("a failure tells status and text, and no more of it than helps") {
    Reply reply = reply_of(400, "text/plain", std::string(5000, 'x'));
    reply.reason = "Bad Request";
    CHECK(outcome_of(reply).text.starts_with("answered 400 Bad Request: xxx"));
    CHECK(outcome_of(reply).text.size() < 600);
    CHECK(outcome_of(reply_of(400, "image/png", "\x89PNG")).text == "answered 400");
    Reply large = reply_of(200);
    large.is_too_large = true;
    CHECK(contains(outcome_of(large).text, "--response-max of 1KiB"));
    large.status = 500;
    CHECK(outcome_of(large).verdict == Verdict::Failed);
}

TEST_CASE("signatures are those of the scheme") {
    const auto secrets = parse_secrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    REQUIRE(secrets.has_value());
    const std::string id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const std::string one = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    CHECK(signature_of(*secrets, id, 1614265330, R"({"test": 2432232314})") == one);
    const auto two =
        parse_secrets("  whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\r\n\n# old\nabcdefghijklmnop");
    REQUIRE(two.has_value());
    CHECK(two->at(1) == "abcdefghijklmnop");
    CHECK(signature_of(*two, id, 1614265330, R"({"test": 2432232314})").starts_with(one + " v1,"));
}

TEST_CASE("secrets that are none are refused without being told") {
    for (const char* text : {"",
                             "# nothing\n",
                             "abcdefghijklmno",
                             "whsec_!!!!!!!!!!!!!!!!!!!!!!!!",
                             "whsec_abc",
                             "whsec_"}) {
        const auto secrets = parse_secrets(text);
        REQUIRE_FALSE(secrets.has_value());
        CHECK(contains(secrets.error().message, "the file of --secret"));
        CHECK_FALSE(contains(secrets.error().message, "abc"));
    }
    std::string many;
    for (std::size_t i = 0; i < kSecretsMax; ++i) {
        many += "abcdefghijklmnop\n";
    }
    CHECK(parse_secrets(many).value().size() == kSecretsMax);
    CHECK_FALSE(parse_secrets(many + "abcdefghijklmnop\n").has_value());
}

TEST_CASE("a URL is taken apart, and what cannot be meant is refused") {
    const auto plain = parse_target("http://example.org");
    REQUIRE(plain.has_value());
    CHECK_FALSE(plain->is_tls);
    CHECK(plain->host == "example.org");
    CHECK(plain->port == "80");
    CHECK(plain->path == "/");
    CHECK(plain->authority == "example.org");
    const auto full = parse_target("https://[::1]:8443/a/b?c=d&e");
    REQUIRE(full.has_value());
    CHECK(full->is_tls);
    CHECK(full->host == "::1");
    CHECK(full->authority == "[::1]:8443");
    CHECK(full->path == "/a/b?c=d&e");
    CHECK(parse_target("https://x:443/")->authority == "x");
    for (const char* url : {"",
                            "example.org",
                            "ftp://x/",
                            "http://",
                            "http:///a",
                            "http://x:y/",
                            "http://x/a b",
                            "http://x/\r\nA: b",
                            "http://x/ü"}) {
        CHECK_MESSAGE(contains(fault_of(url), "--url is like"), url);
    }
    CHECK(contains(fault_of("http://a:b@x/"), "credentials"));
    CHECK_FALSE(contains(fault_of("http://a:b@x/"), "a:b"));
    CHECK(contains(fault_of("http://x/#a"), "fragment"));
}

TEST_CASE("headers are lines of name and value") {
    const auto headers = parse_headers("A-b: c: d\r\n# no\n\nE:\n");
    REQUIRE(headers.has_value());
    REQUIRE(headers->size() == 2);
    CHECK(headers->at(0) == std::pair<std::string, std::string>("A-b", "c: d"));
    CHECK(headers->at(1) == std::pair<std::string, std::string>("E", ""));
    for (const char* text : {"secret", ": x", "A b: c", "A:\x01", "ok: 1\nsecret"}) {
        const auto refused = parse_headers(text);
        REQUIRE_FALSE(refused.has_value());
        CHECK_FALSE(contains(refused.error().message, "secret"));
    }
    CHECK(contains(parse_headers("a: 1\n\nb").error().message, "line 3"));
    std::string most;
    for (int i = 0; i < 64; ++i) {
        most += "a: b\n";
    }
    CHECK(parse_headers(most)->size() == 64);
    CHECK(contains(parse_headers(most + "a: b\n").error().message, "at most 64; line 65"));
}

}  // namespace steward::worker::http
