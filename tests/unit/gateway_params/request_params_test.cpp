// tests/unit/gateway_params: params out of whole requests, on ZMWS's door and on the API's.
#include "gateway/params/request_params.hpp"

#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "common/wire/params.hpp"
#include "gateway/params/job_line.hpp"
#include "gateway/params/limits.hpp"

namespace steward::gateway {
namespace {

using base::Errc;
using model::Encoding;
using model::Payload;

Request posted(const std::string& content_type, const std::string& body) {
    Request request;
    request.method = Method::Post;
    if (!content_type.empty()) {
        request.headers.push_back({"content-type", content_type});
    }
    request.body = body;
    return request;
}

std::string door(const Pairs& query, const std::string& type = "", const std::string& body = "") {
    Request request = posted(type, body);
    const auto params = door_params_of(request, query);
    REQUIRE_MESSAGE(params, (params ? "" : params.error().message));
    CHECK(params->encoding == Encoding::Json);
    CHECK(wire::decode_params(*params));
    CHECK(request.body.empty());
    return std::string(params->bytes.view());
}

std::string door_fault(const Pairs& query, const std::string& type, const std::string& body) {
    Request request = posted(type, body);
    const auto params = door_params_of(request, query);
    REQUIRE_FALSE(params);
    CHECK(params.error().code == Errc::BadParams);
    return params.error().message;
}

JobBody job_body(const std::string& type, const std::string& body) {
    Request request = posted(type, body);
    auto read = job_body_of(request);
    REQUIRE_MESSAGE(read, (read ? "" : read.error().message));
    return *read;
}

constexpr const char* kForm = "application/x-www-form-urlencoded";
constexpr const char* kJson = "application/json";

}  // namespace

TEST_CASE("On the door nothing given is nothing handed on") {
    Request request = posted(kJson, "");
    const auto params = door_params_of(request, {});
    REQUIRE(params);
    CHECK(*params == Payload{});
}

TEST_CASE("On the door a query, a form and parts are JSON objects") {
    CHECK(door({{"k", "v"}}) == R"({"k":"v"})");
    CHECK(door({}, kForm, "a=1&b[]=2") == R"({"a":"1","b":["2"]})");
    CHECK(door({{"a", "q"}}, kForm, "a=1&b=2") == R"({"a":"q","b":"2"})");
    CHECK(door({},
               "multipart/form-data; boundary=b",
               "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b--") ==
          R"({"a":"1"})");
}

TEST_CASE("On the door JSON stays as it is, and a query is put in front") {
    CHECK(door({}, kJson, " {\"a\": 1.0} ") == " {\"a\": 1.0} ");
    CHECK(door({}, kJson, "\xEF\xBB\xBF[1]") == "[1]");
    CHECK(door({}, "application/vnd.api+json", "17") == "17");
    CHECK(door({{"q", "1"}},
               kJson,
               R"({ "big" : 12345678901234567890123 , "q":2, "x":[{"y":"}"}] })") ==
          R"({"q":"1","big":12345678901234567890123,"x":[{"y":"}"}]})");
    CHECK(door({{"q", "1"}}, kJson, "{}") == R"({"q":"1"})");
    CHECK(door({{"\u00e9", "1"}}, kJson, R"({"\u00e9":2,"a":3,"a":4})") ==
          "{\"\u00e9\":\"1\",\"a\":4}");
}

TEST_CASE("On the door JSON that is called a form is JSON") {
    CHECK(door({}, kForm, R"({"a":1})") == R"({"a":1})");
    CHECK(door({{"b", "2"}}, kForm, R"({"a":1})") == R"({"b":"2","a":1})");
    CHECK(door({}, kForm, "{a=1") == R"({"{a":"1"})");
}

TEST_CASE("On the door any other body is a value") {
    CHECK(door({}, "", R"({"a":1})") == R"({"a":1})");
    CHECK(door({}, "text/plain", "hello") == R"("hello")");
    CHECK(door({}, "image/png", "\xff") == R"({"base64":"/w=="})");
    CHECK(door({}, "application/msgpack", "\x81\xa1\x61\x01") == R"({"a":1})");
}

TEST_CASE("On the door a body that is not what it says is refused") {
    CHECK(door_fault({}, kJson, "{\"a\":").find("not valid JSON at byte") != std::string::npos);
    CHECK(door_fault({}, kJson, std::string(129, '[') + std::string(129, ']')).find("refused") !=
          std::string::npos);
    CHECK(door_fault({}, kJson, "\"\xff\"").find("JSON") != std::string::npos);
    CHECK(door_fault({}, kForm, "a=%").find("the form cannot be read at byte 2") !=
          std::string::npos);
    CHECK(door_fault({}, "application/msgpack", "\xc1").find("msgpack") != std::string::npos);
    CHECK(door_fault({}, "multipart/form-data", "x").find("boundary") != std::string::npos);
}

TEST_CASE("On the door a query goes with no body but an object") {
    CHECK(door_fault({{"k", "v"}}, kJson, "[1]") ==
          "the query has params (\"k\") and the body is no object that they could be put into: "
          "give one of the two");
    CHECK(door_fault({{"k", "v"}}, "text/plain", "hello").find("one of the two") !=
          std::string::npos);
}

TEST_CASE("A large body is handed on without a copy") {
    std::string body = "[\"" + std::string(100'000, 'x') + "\"]";
    Request request = posted(kJson, "");
    request.body = std::move(body);
    const char* const bytes = request.body.data();
    const auto params = door_params_of(request, {});
    REQUIRE(params);
    CHECK(params->bytes.view().data() == bytes);
}

TEST_CASE("A job's body stays what it is") {
    CHECK(job_body("", "").params == Payload{});
    CHECK(job_body(kJson, " 1 ").params == Payload{Encoding::Json, base::Blob::copy(" 1 ")});
    CHECK(job_body(kJson, "1").content_type.empty());
    CHECK(job_body("application/vnd.msgpack", "\x01").params ==
          Payload{Encoding::Msgpack, base::Blob::copy("\x01")});
    const JobBody png = job_body("image/png; x=1", "\xff{");
    CHECK(png.params == Payload{Encoding::Opaque, base::Blob::copy("\xff{")});
    CHECK(png.content_type == "image/png; x=1");
    CHECK(job_body("", "{}").params.encoding == Encoding::Opaque);
    CHECK(job_body(kForm, "a=1").params.encoding == Encoding::Opaque);
}

TEST_CASE("A job's body that is not what it says is refused") {
    for (const char* type : {kJson, "application/msgpack"}) {
        Request request = posted(type, "\xc1");
        const auto body = job_body_of(request);
        REQUIRE_FALSE(body);
        CHECK(body.error().code == Errc::BadParams);
    }
    Request longest = posted(std::string(kContentTypeBytesMax, 'x'), "1");
    CHECK(job_body_of(longest));
    Request longer = posted(std::string(kContentTypeBytesMax + 1, 'x'), "1");
    const auto refused = job_body_of(longer);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::TooLarge);
}

TEST_CASE("A line is a job") {
    const auto job = job_line_of(R"( {"params" : {"n": 1.10}, "options": {"priority": "high"}} )");
    REQUIRE(job);
    CHECK(job->params == Payload{Encoding::Json, base::Blob::copy(R"({"n": 1.10})")});
    CHECK(job->options.priority == model::kPriorityHigh);
    const auto bare = job_line_of("{}");
    REQUIRE(bare);
    CHECK(bare->params == Payload{});
    CHECK(bare->options == model::JobOptions{});
}

TEST_CASE("A line that is no job is refused") {
    const auto message = [](std::string_view line) {
        const auto job = job_line_of(line);
        REQUIRE_FALSE(job);
        return job.error().message;
    };
    CHECK(message("[]") == "the JSON is no object");
    CHECK(message("{").find("JSON") != std::string::npos);
    CHECK(message(R"({"param":1})") == "a job's line has no \"param\"; there are params, options");
    CHECK(message(R"({"options":{"x":1}})").find("no option is called") != std::string::npos);
    CHECK(message(R"({"options":[]})").find("map of names") != std::string::npos);
}

TEST_CASE("Lines end as on any system, and empty ones do not count") {
    std::string_view text = "\n{1}\r\n \t\r\n{2}";
    CHECK(take_line(text) == "{1}");
    CHECK(take_line(text) == "{2}");
    CHECK_FALSE(take_line(text));
    CHECK(text.empty());
}

}  // namespace steward::gateway
