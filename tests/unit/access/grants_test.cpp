// tests/unit/access: names by pattern, and what a key may do.
#include "common/access/grants.hpp"

#include <doctest/doctest.h>

#include "common/model/limits.hpp"

namespace steward::access {
namespace {

Patterns patterns(const std::vector<std::string>& texts) {
    auto parsed = Patterns::parse(texts);
    REQUIRE_MESSAGE(parsed, (parsed ? "" : parsed.error().message));
    return *parsed;
}

std::string fault_of(const std::vector<std::string>& texts) {
    const auto parsed = Patterns::parse(texts);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == base::Errc::BadConfig);
    return parsed.error().message;
}

Grants grants(const std::vector<std::string>& lines) {
    auto read = Grants::from(lines);
    REQUIRE_MESSAGE(read, (read ? "" : read.error().message));
    return *read;
}

TEST_CASE("a star stands for any characters, none too, and nothing else is special") {
    struct Row {
        const char* pattern;
        const char* name;
        bool fits;
    };

    const std::vector<Row> rows = {{"mail", "mail", true},
                                   {"mail", "mails", false},
                                   {"mail", "mai", false},
                                   {"*", "anything", true},
                                   {"**", "x", true},
                                   {"mail.*", "mail.", true},
                                   {"mail.*", "mail.send", true},
                                   {"mail.*", "mail", false},
                                   {"*.send", "mail.send", true},
                                   {"*.send", "mail.send.now", false},
                                   {"a*b*c", "abc", true},
                                   {"a*b*c", "axxbyyc", true},
                                   {"a*b*c", "axxbyycd", false},
                                   {"*ab*ab", "abab", true},
                                   {"*ab*ab", "ab", false},
                                   {"a*a*a*a*b", "aaaaaaaaaaaaaaaa", false},
                                   {"m?il", "mail", false},
                                   {"[m]ail", "mail", false}};
    for (const Row& row : rows) {
        CAPTURE(row.pattern);
        CAPTURE(row.name);
        CHECK(patterns({row.pattern}).has(row.name) == row.fits);
    }
    CHECK(patterns({"a", "b*"}).has("bob"));
    CHECK_FALSE(patterns({}).has("bob"));
    CHECK(Patterns::all().has("bob"));
    CHECK(patterns({"a*", "b", "c"}).names() == std::vector<std::string_view>{"b", "c"});
}

TEST_CASE("a pattern is bounded on every side") {
    CHECK_FALSE(fault_of({""}).empty());
    CHECK_FALSE(fault_of({"a b"}).empty());
    CHECK_FALSE(fault_of({std::string(model::kNameBytesMax + 1, 'a')}).empty());
    CHECK(patterns({std::string(model::kNameBytesMax, 'a')}).texts().size() == 1);
    CHECK(patterns({std::string(kStarsMax, '*') + "a"}).has("xa"));
    CHECK(fault_of({std::string(kStarsMax + 1, '*') + "a"}).find("stars") != std::string::npos);
    CHECK(patterns(std::vector<std::string>(kPatternsMax, "a")).has("a"));
    CHECK(fault_of(std::vector<std::string>(kPatternsMax + 1, "a")).find("256") !=
          std::string::npos);
}

TEST_CASE("what is not granted is not allowed, and the missing grant is named as a file says it") {
    const Grants none;
    CHECK(none.may_submit("mail") == "submit = [\"mail\"]");
    CHECK(none.may_work("mail") == "work = [\"mail\"]");
    CHECK(none.may_read_all() == "read = \"all\"");
    CHECK(none.may_operate() == "operate = true");
    CHECK(none.may_ask_about("mail") == "submit = [\"mail\"]");
    CHECK(lacks("web", none.may_operate()).code == base::Errc::Forbidden);
    CHECK(lacks("web", none.may_operate()).message ==
          "the key \"web\" lacks the grant that this needs: operate = true");
}

TEST_CASE("each line of a file grants what it says and no more") {
    const Grants some = grants({"submit = [\"mail.*\"]", "work = [\"resize\"]"});
    CHECK(some.may_submit("mail.send").empty());
    CHECK(some.may_submit("resize") == "submit = [\"resize\"]");
    CHECK(some.may_work("resize").empty());
    CHECK_FALSE(some.may_work("mail.send").empty());
    CHECK(some.may_ask_about("resize").empty());
    CHECK(some.may_ask_about("mail.x").empty());
    CHECK_FALSE(some.may_ask_about("secret").empty());
    CHECK_FALSE(some.reads_all());

    const Grants reader = grants({"read = \"all\""});
    CHECK(reader.may_read_all().empty());
    CHECK_FALSE(reader.may_operate().empty());
    CHECK(reader.may_ask_about("secret").empty());

    const Grants chief = grants({"operate = true"});
    CHECK(chief.may_operate().empty());
    CHECK(chief.may_read_all().empty());
    CHECK_FALSE(chief.may_submit("mail").empty());

    const Grants all = Grants::all();
    CHECK(all.may_submit("mail").empty());
    CHECK(all.may_work("mail").empty());
    CHECK(all.may_operate().empty());
    CHECK(all.quota() == model::Quota{});
}

TEST_CASE("a fault in a list names its line") {
    GrantLines lines;
    lines.work = {"a b"};
    const auto read = Grants::from(lines);
    REQUIRE_FALSE(read);
    CHECK(read.error().message.starts_with("work: "));
}

TEST_CASE("a rate of submissions is a whole number up to a million") {
    CHECK(grants({"submits_per_second = 1000000"}).quota().submits_per_second ==
          model::kSubmitsPerSecondMax);
    const std::vector<std::string> lines = {"submits_per_second = 1000001"};
    const auto refused = Grants::from(lines);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("1000000") != std::string::npos);
}

TEST_CASE("jobs and workers of a bound key are in its channels and groups") {
    const Grants bound = grants({"channels = [\"eu\", \"eu-*\"]",
                                 "groups = [\"acme\"]",
                                 "priority_max = 100",
                                 "jobs_max = 5",
                                 "bytes_max = \"1KiB\"",
                                 "submits_per_second = 7"});
    CHECK(bound.quota() == model::Quota{5, 1024, 7});

    model::JobOptions plain;
    CHECK(bound.bind(plain).empty());
    CHECK(plain.channel == model::Label("eu"));
    CHECK(plain.group == model::Label("acme"));
    CHECK(plain.priority == 100);

    model::JobOptions other;
    other.channel = "eu-west";
    other.priority = 101;
    CHECK(bound.bind(other) == "priority_max = 101");
    other.channel = "us";
    CHECK(bound.bind(other) == "channels = [\"us\"]");
    other = {};
    other.group = "rival";
    CHECK(bound.bind(other) == "groups = [\"rival\"]");

    std::vector<model::Label> channels;
    CHECK(bound.bind(channels).empty());
    CHECK(channels == std::vector<model::Label>{"eu"});
    channels = {"eu-west", ""};
    CHECK(bound.bind(channels) == "channels = [\"default\"]");

    model::JobOptions free;
    CHECK(Grants().bind(free).empty());
    CHECK(free == model::JobOptions{});
}

TEST_CASE("a key that is bound to patterns alone must say where its jobs go") {
    const Grants bound = grants({"channels = [\"eu-*\"]", "groups = [\"acme-*\"]"});
    model::JobOptions options;
    CHECK(bound.bind(options) == "channels = [\"default\"]");
    options.channel = "eu-west";
    CHECK_FALSE(bound.bind(options).empty());
    options.group = "acme-1";
    CHECK(bound.bind(options).empty());
    std::vector<model::Label> channels;
    CHECK(bound.bind(channels) == "channels = [\"default\"]");
    CHECK(grants({"channels = [\"d*\"]"}).bind(channels).empty());
}

}  // namespace
}  // namespace steward::access
