// tests: FastCGI to the byte, in any pieces, within its bounds; and what scripts write as replies.
#include "worker/fastcgi/record.hpp"

#include <doctest/doctest.h>

#include "worker/fastcgi/cgi.hpp"
#include "worker/fastcgi/pool.hpp"

namespace steward::worker::fastcgi {

namespace {

std::string bytes(std::string_view text) {
    return std::string(text);
}

// A record of version 1 and request 1 with so many bytes of padding.
std::string record(char type, std::string_view content, unsigned char padding = 0) {
    std::string out = {1,
                       type,
                       0,
                       1,
                       static_cast<char>(content.size() >> 8U),
                       static_cast<char>(content.size() & 0xFFU),
                       static_cast<char>(padding),
                       0};
    out += content;
    out.append(padding, '?');
    return out;
}

std::string end_of(std::uint8_t status, char protocol) {
    return record(3, std::string{0, 0, 0, static_cast<char>(status), protocol, 0, 0, 0});
}

constexpr char kOut = 6;
constexpr char kErr = 7;

}  // namespace

TEST_CASE("a request is its begin, its params and its body, each stream ended") {
    Request request;
    request.params = {{"A", "b"}, {"LONG", std::string(128, 'x')}};
    request.body = "{}";
    std::string params = bytes(
        "\x01\x01"
        "Ab");
    params += bytes(std::string_view("\x04\x80\x00\x00\x80LONG", 9)) + std::string(128, 'x');
    CHECK(encode(request) == record(1, std::string_view("\0\1\0\0\0\0\0\0", 8)) +
                                 record(4, params) + record(4, "") + record(5, "{}") +
                                 record(5, ""));
}

TEST_CASE("a long body is cut into records of at most 65535 bytes") {
    Request request;
    request.body = std::string(kContentMax + 1, 'x');
    const std::string out = encode(request);
    CHECK(out.ends_with(record(5, std::string(kContentMax, 'x')) + record(5, "x") + record(5, "")));
}

TEST_CASE("an answer is read in any pieces, padding and unknown records skipped") {
    const std::string answer = record(kOut, "he", 3) + record(kErr, "oh") + record(42, "later") +
                               record(kOut, "llo") + record(kOut, "") + end_of(7, 0);
    for (std::size_t piece = 1; piece <= answer.size(); ++piece) {
        ResponseReader reader(100);
        for (std::size_t at = 0; at < answer.size(); at += piece) {
            CHECK_FALSE(reader.is_over());
            REQUIRE(reader.feed(std::string_view(answer).substr(at, piece)).has_value());
        }
        CHECK(reader.is_over());
        CHECK(reader.output() == "hello");
        CHECK(reader.take_errors() == "oh");
        CHECK(reader.take_errors().empty());
        CHECK(reader.status() == 7);
        CHECK(reader.refusal().empty());
    }
}

TEST_CASE("records of other requests are not ours") {
    std::string other = record(kOut, "no");
    other[3] = 2;
    ResponseReader reader(100);
    CHECK(reader.feed(other + end_of(0, 0)).has_value());
    CHECK(reader.output().empty());
    CHECK(reader.is_over());
}

TEST_CASE("output is taken up to its bound and not a byte beyond") {
    ResponseReader at(4);
    CHECK(at.feed(record(kOut, "abcd") + end_of(0, 0)).has_value());
    ResponseReader beyond(4);
    CHECK(beyond.feed(record(kOut, "abcd")).has_value());
    const auto more = beyond.feed(record(kOut, "e"));
    REQUIRE_FALSE(more.has_value());
    CHECK(more.error().message == "the answer is larger than --response-max of 4B");
    CHECK(beyond.feed(end_of(0, 0)).has_value());
    CHECK_FALSE(beyond.is_over());
}

TEST_CASE("what is no FastCGI is told") {
    ResponseReader reader(100);
    CHECK(reader.feed("HTTP/1.").has_value());  // not enough to tell
    CHECK_FALSE(reader.feed("1 400").has_value());
    ResponseReader brief(100);
    CHECK_FALSE(brief.feed(record(3, "1234567")).has_value());
}

TEST_CASE("a pool that does not take a request says why") {
    for (const char why : {'\1', '\2', '\3'}) {
        ResponseReader reader(100);
        REQUIRE(reader.feed(end_of(0, why)).has_value());
        CHECK(reader.is_over());
        CHECK_FALSE(reader.refusal().empty());
    }
}

TEST_CASE("a reply has a status, the headers that count, and the rest as its body") {
    const auto plain = reply_of("Content-type: text/html; charset=UTF-8\r\n\r\nhello\r\n\r\n");
    REQUIRE(plain.has_value());
    CHECK(plain->status == 200);
    CHECK(plain->content_type == "text/html; charset=UTF-8");
    CHECK(plain->body == "hello\r\n\r\n");
    const auto full =
        reply_of("STATUS: 503 Service Unavailable\nretry-after:5\nX: y\nlocation: /z\n\n");
    REQUIRE(full.has_value());
    CHECK(full->status == 503);
    CHECK(full->reason == "Service Unavailable");
    CHECK(full->retry_after == "5");
    CHECK(full->location == "/z");
    CHECK(full->body.empty());
    for (const char* output : {"",
                               "Status: 200",
                               "Status: 200\n",
                               "Status: x\n\n",
                               "Status: 99\n\n",
                               "Status: 600\n\n",
                               "Status:\n\n"}) {
        CHECK_MESSAGE(!reply_of(output).has_value(), output);
    }
    const std::string widest = "A: " + std::string(kHeaderBytesMax - 4, 'x');
    CHECK(reply_of(widest + "\n\n").has_value());
    const auto wider = reply_of(widest + "x\n\n");
    REQUIRE_FALSE(wider.has_value());
    CHECK(wider.error().message.find("65536 bytes") != std::string::npos);
}

TEST_CASE("a pool's address is a path or a host with a port") {
    for (const char* text :
         {"unix:/run/php.sock", "/run/php.sock", "127.0.0.1:9000", "[::1]:9000"}) {
        CHECK_MESSAGE(PoolAddress::parse(text).has_value(), text);
    }
    for (const std::string& text : {std::string(),
                                    std::string("unix:"),
                                    std::string(":9000"),
                                    std::string("127.0.0.1:"),
                                    std::string("9000"),
                                    '/' + std::string(200, 'x'),
                                    std::string("127.0.0.1:no-port")}) {
        CHECK_MESSAGE(!PoolAddress::parse(text).has_value(), text);
    }
}

}  // namespace steward::worker::fastcgi
