// tests: the words of the command line as params.
#include "client/cli/params_words.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "common/model/limits.hpp"
#include "common/wire/params.hpp"

namespace steward::cli {
namespace {

using base::Errc;
using nlohmann::json;

base::Expected<model::Payload> params(const std::vector<std::string>& words,
                                      const std::string& piped = "") {
    std::istringstream input(piped);
    return params_from_words(words, input);
}

json value(const std::vector<std::string>& words, const std::string& piped = "") {
    const auto payload = params(words, piped);
    REQUIRE(payload.has_value());
    REQUIRE(payload->encoding == model::Encoding::Json);
    return wire::decode_params(*payload).value();
}

Errc error(const std::vector<std::string>& words) {
    const auto payload = params(words);
    REQUIRE_FALSE(payload.has_value());
    CHECK_FALSE(payload.error().message.empty());
    return payload.error().code;
}

class TemporaryFile {
public:
    explicit TemporaryFile(const std::string& bytes) {
        char name[] = "/tmp/steward-cli-XXXXXX";
        const int fd = mkstemp(name);
        REQUIRE(fd >= 0);
        path_ = name;
        std::ofstream(path_, std::ios::binary) << bytes;
        std::fclose(fdopen(fd, "r"));
    }

    ~TemporaryFile() { std::remove(path_.c_str()); }

    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

}  // namespace

TEST_CASE("No words are no params") {
    CHECK(params({})->encoding == model::Encoding::Absent);
}

TEST_CASE("One word of JSON is sent as it is written") {
    CHECK(params({R"({"b":1,  "a":2})"})->bytes.view() == R"({"b":1,  "a":2})");
    CHECK(value({"[1,2]"}) == json{1, 2});
    CHECK(value({"5"}) == 5);
    CHECK(value({"-5.5e1"}) == -55);
    CHECK(value({"true"}) == true);
    CHECK(value({"null"}).is_null());
    CHECK(value({R"("a=b")"}) == "a=b");
    CHECK(value({R"({"url":"x?a=b"})"})["url"] == "x?a=b");
}

TEST_CASE("Pairs become one object with typed values") {
    CHECK(value({"to=ann"}) == json{{"to", "ann"}});
    const auto object = value({"n=5",
                               "x=-1.5",
                               "yes=true",
                               "no=false",
                               "none=null",
                               "text=hello",
                               "empty=",
                               "url=a=b",
                               "raw:=[1,{\"a\":2}]",
                               "word:=\"5\""});
    CHECK(object["n"] == 5);
    CHECK(object["x"] == -1.5);
    CHECK(object["yes"] == true);
    CHECK(object["no"] == false);
    CHECK(object["none"].is_null());
    CHECK(object["text"] == "hello");
    CHECK(object["empty"] == "");
    CHECK(object["url"] == "a=b");
    CHECK(object["raw"] == json::parse("[1,{\"a\":2}]"));
    CHECK(object["word"] == "5");
}

TEST_CASE("What looks like a number but would not survive as one stays a string") {
    CHECK(value({"zip=00123"})["zip"] == "00123");
    CHECK(value({"plus=+49"})["plus"] == "+49");
    CHECK(value({"id=18446744073709551615"})["id"] == 18446744073709551615ULL);
    CHECK(value({"id=18446744073709551616"})["id"] == "18446744073709551616");
    CHECK(value({"ip=127.0.0.1"})["ip"] == "127.0.0.1");
    CHECK(value({"n=nan"})["n"] == "nan");
    CHECK(value({"n=Infinity"})["n"] == "Infinity");
    CHECK(value({"n=5 "})["n"] == "5 ");
    CHECK(value({"n=1e400"})["n"] == "1e400");
}

TEST_CASE("Words that are neither are refused") {
    CHECK(error({"hello"}) == Errc::BadParams);
    CHECK(error({""}) == Errc::BadParams);
    CHECK(error({"{\"a\":"}) == Errc::BadParams);
    CHECK(error({"=5"}) == Errc::BadParams);
    CHECK(error({":=5"}) == Errc::BadParams);
    CHECK(error({"a:=hello"}) == Errc::BadParams);
    CHECK(error({"a=1", "a=2"}) == Errc::BadParams);
    CHECK(error({"a=1", "b"}) == Errc::BadParams);
    CHECK(error({"a=1", "-"}) == Errc::BadParams);
    CHECK(error({"a=1", "@file"}) == Errc::BadParams);
    CHECK(error({"a=\xff"}) == Errc::BadParams);
}

TEST_CASE("A dash reads standard input: JSON if it is that, else bytes") {
    CHECK(value({"-"}, "{\"a\":1}\n") == json{{"a", 1}});
    const auto bytes = params({"-"}, std::string("\x00\xff", 2));
    REQUIRE(bytes.has_value());
    CHECK(bytes->encoding == model::Encoding::Opaque);
    CHECK(bytes->bytes.size() == 2);
    CHECK(params({"-"}, "")->encoding == model::Encoding::Opaque);
    CHECK(params({}, "{\"a\":1}")->encoding == model::Encoding::Absent);  // not unless asked
}

TEST_CASE("Input may be as long as a message, and not a byte longer") {
    constexpr std::size_t kMax = model::Limits{}.message_bytes_max;
    CHECK(params({"-"}, std::string(kMax, 'x'))->bytes.size() == kMax);
    CHECK(params({"-"}, std::string(kMax + 1, 'x')).error().code == Errc::TooLarge);
}

TEST_CASE("An at sign reads a file") {
    const TemporaryFile file("[1, 2]");
    CHECK(value({"@" + file.path()}) == json{1, 2});
    CHECK(error({"@/no/such/file"}) == Errc::Io);
    CHECK(error({"@"}) == Errc::Io);
    CHECK(error({"@/tmp"}) == Errc::Io);  // a directory
}

}  // namespace steward::cli
