// tests/unit/gateway_params: multipart bodies as browsers send them, and as nobody should.
#include "gateway/params/multipart.hpp"

#include <string>

#include <doctest/doctest.h>

#include "gateway/params/limits.hpp"

namespace steward::gateway {
namespace {

using base::Errc;

const MediaType& of_b() {
    static const MediaType kType = MediaType::parse("multipart/form-data; boundary=b");
    return kType;
}

std::string field(const std::string& head, const std::string& content) {
    return "--b\r\n" + head + "\r\n\r\n" + content + "\r\n";
}

std::string named(const std::string& name, const std::string& content) {
    return field("Content-Disposition: form-data; name=\"" + name + "\"", content);
}

std::vector<Part> parts_of(std::string_view body, const MediaType& type = of_b()) {
    auto parts = parse_multipart(body, type);
    REQUIRE_MESSAGE(parts, (parts ? "" : parts.error().message));
    return *parts;
}

std::string fault_of(const std::string& body,
                     Errc code = Errc::BadParams,
                     const MediaType& type = of_b()) {
    const auto parts = parse_multipart(body, type);
    REQUIRE_FALSE_MESSAGE(parts, body);
    CHECK(parts.error().code == code);
    return parts.error().message;
}

std::string params_text(const std::string& body) {
    ParamsObject params;
    add_parts(params, parts_of(body));
    return params.text();
}

bool says(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Fields and files come in their order") {
    const std::string body = named("to", "ann") +
                             field(
                                 "content-disposition:form-data; filename=\"a.txt\"; name=doc\r\n"
                                 "Content-Type: text/plain",
                                 "line\r\n--xb\r\n") +
                             "--b--\r\n";
    const auto parts = parts_of(body);
    REQUIRE(parts.size() == 2);
    CHECK(parts[0].name == "to");
    CHECK_FALSE(parts[0].filename);
    CHECK(parts[0].content_type.empty());
    CHECK(parts[0].bytes == "ann");
    CHECK(parts[1].name == "doc");
    CHECK(parts[1].filename == "a.txt");
    CHECK(parts[1].content_type == "text/plain");
    CHECK(parts[1].bytes.starts_with("line\r\n"));
}

TEST_CASE("A boundary in quotes, a preamble, blanks and an epilogue are taken") {
    const auto type = MediaType::parse("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\"");
    const auto parts = parts_of(
        "not meant\r\n--a b \t\r\nContent-Disposition: form-data; name=x\r\n\r\n1\r\n--a b-- more",
        type);
    REQUIRE(parts.size() == 1);
    CHECK(parts[0].bytes == "1");
}

TEST_CASE("No parts and empty parts are taken") {
    CHECK(parts_of("--b--").empty());
    const auto parts = parts_of(named("a", "") + "--b--");
    REQUIRE(parts.size() == 1);
    CHECK(parts[0].bytes.empty());
    const auto tight = parts_of("--b\r\nContent-Disposition: form-data; name=a\r\n\r\n--b--");
    REQUIRE(tight.size() == 1);
    CHECK(tight[0].bytes.empty());
}

TEST_CASE("Names are read as browsers and curl write them") {
    CHECK(parts_of(named("a%22b%0D%0A100%", "") + "--b--")[0].name == "a\"b\r\n100%");
    CHECK(parts_of(named(R"(a\"b\\c\d)", "") + "--b--")[0].name == R"(a"b\c\d)");
}

TEST_CASE("A body that is cut or has no form is refused with its place") {
    CHECK(says(fault_of(""), "at byte 0: the boundary that ends it is missing"));
    CHECK(says(fault_of("--b"), "a line end follows a boundary"));
    CHECK(says(fault_of("--bx\r\n"), "at byte 3"));
    CHECK(says(fault_of("--b\r\n"), "no content"));
    CHECK(says(fault_of(named("a", "1")), "does not end"));
    CHECK(says(fault_of("--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1"), "does not end"));
    CHECK(says(fault_of(field("Content-Disposition: form-data; name=a\r\nno header", "") + "--b--"),
               "a name, a colon and a value"));
}

TEST_CASE("A part has a name") {
    CHECK(says(fault_of(field("Content-Type: text/plain", "") + "--b--"), "has no name"));
    CHECK(says(fault_of(field("Content-Disposition: form-data", "") + "--b--"),
               "form-data with a name"));
    CHECK(says(fault_of(field("Content-Disposition: attachment; name=a", "") + "--b--"),
               "form-data with a name"));
    CHECK(says(fault_of(named("\xff", "") + "--b--"), "no UTF-8"));
}

TEST_CASE("A part is sent as it is") {
    const std::string head =
        "Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: ";
    CHECK(parts_of(field(head + "8BIT", "x") + "--b--").size() == 1);
    CHECK(says(fault_of(field(head + "base64", "x") + "--b--"), "Encoding base64"));
}

TEST_CASE("Both sides of the limits of a multipart body") {
    std::string body;
    for (std::size_t i = 0; i < kPartsMax; ++i) {
        body += named("a", "1");
    }
    CHECK(parts_of(body + "--b--").size() == kPartsMax);
    CHECK(says(fault_of(body + named("a", "1") + "--b--", Errc::TooLarge), "1000 are allowed"));

    std::string head = "Content-Disposition: form-data; name=a";
    for (std::size_t i = 1; i < kPartHeadersMax; ++i) {
        head += "\r\nX: y";
    }
    CHECK(parts_of(field(head, "") + "--b--").size() == 1);
    CHECK(says(fault_of(field(head + "\r\nX: y", "") + "--b--", Errc::TooLarge), "headers"));

    const std::string huge = "Content-Disposition: form-data; name=a\r\nX: ";
    const std::size_t fits = kPartHeadBytesMax - huge.size() - 6;  // three line ends
    CHECK(parts_of(field(huge + std::string(fits, 'x'), "") + "--b--").size() == 1);
    CHECK(says(fault_of(field(huge + std::string(fits + 1, 'x'), "") + "--b--", Errc::TooLarge),
               "8192 are allowed"));
}

TEST_CASE("A boundary is 1 to 70 bytes") {
    const auto with = [](std::size_t bytes) {
        return MediaType::parse("multipart/form-data; boundary=" + std::string(bytes, 'x'));
    };
    CHECK(parse_multipart("--" + std::string(70, 'x') + "--", with(70)));
    CHECK(says(fault_of("", Errc::BadParams, with(71)), "1 to 70 bytes"));
    CHECK(says(fault_of("", Errc::BadParams, with(0)), "1 to 70 bytes"));
    CHECK(says(fault_of("", Errc::BadParams, MediaType::parse("multipart/form-data")), "boundary"));
}

TEST_CASE("Fields become texts, files objects") {
    CHECK(params_text(named("a", "1") + named("a", "2") + named("b[]", "\xff") + "--b--") ==
          R"({"a":["1","2"],"b":[{"base64":"/w=="}]})");
    const std::string file =
        "Content-Disposition: form-data; name=f; filename=x.bin\r\n"
        "Content-Type: application/octet-stream";
    CHECK(params_text(field(file, "hello") + "--b--") ==
          R"({"f":{"filename":"x.bin","content_type":"application/octet-stream",)"
          R"("content":"hello"}})");
    CHECK(params_text(field(file, "\xff") + "--b--") ==
          R"({"f":{"filename":"x.bin","content_type":"application/octet-stream",)"
          R"("content":{"base64":"/w=="}}})");
}

TEST_CASE("A content type is a word and parameters") {
    const auto type = MediaType::parse(" Text/HTML ;  Charset = \"a;\\\"b\" ; x=1 ; y ; z=");
    CHECK(type.word == "text/html");
    CHECK(type.parameters ==
          std::vector<MediaParameter>{{"charset", "a;\"b"}, {"x", "1"}, {"z", ""}});
    CHECK(type.parameter("y") == nullptr);
    CHECK(MediaType::parse("").word.empty());
    CHECK(MediaType::parse("a; b=\"open").parameters == std::vector<MediaParameter>{{"b", "open"}});
    CHECK(is_json(MediaType::parse("application/problem+json; charset=utf-8")));
    CHECK_FALSE(is_json(MediaType::parse("application/json-seq")));
    CHECK(is_msgpack(MediaType::parse("application/vnd.msgpack")));
    CHECK(is_json_lines(MediaType::parse("application/x-ndjson")));
}

}  // namespace steward::gateway
