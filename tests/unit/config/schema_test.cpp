// tests/unit/config: strict reading, printing, documents, differences.
#include "common/config/schema.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

using namespace steward;
using namespace steward::config;
using namespace std::chrono_literals;

namespace {

struct Row {
    std::string name;
    std::optional<bool> bold;
    std::optional<std::uint32_t> count;
    std::optional<std::size_t> size;
    std::optional<base::Duration> pause;
    std::optional<std::string> rank;

    bool operator==(const Row&) const = default;
};

struct Example {
    bool enabled = false;
    std::uint16_t port = 5555;
    std::uint32_t tries = 3;
    std::size_t bytes_max = 1024;
    base::Duration interval = 5s;
    std::string level = "info";
    std::vector<std::string> names;
    Row row;
    std::vector<Row> rows;
};

Row row_named(std::string name) {
    Row row;
    row.name = std::move(name);
    return row;
}

base::Expected<void> refuse_bad(std::string_view text) {
    if (text == "bad") {
        return base::fail(base::Errc::BadName, "bad is bad");
    }
    return {};
}

Schema schema_of(Example& e) {
    Schema schema;
    schema.sections.push_back(
        {"main",
         "The main things.",
         {{.key = "enabled", .target = &e.enabled, .doc = "On or off."},
          {.key = "port", .target = &e.port, .doc = "Where.", .max = 65'535},
          {.key = "tries", .target = &e.tries, .doc = "How often.", .min = 1, .max = 100},
          {.key = "bytes_max",
           .target = &e.bytes_max,
           .doc = "How large.",
           .is_size = true,
           .is_reloadable = true,
           .min = 1,
           .max = 1U << 20U},
          {.key = "interval",
           .target = &e.interval,
           .doc = "How long.",
           .min = 1'000,
           .max = 3'600'000'000},
          {.key = "level", .target = &e.level, .doc = "How loud.", .words = {"info", "debug"}},
          {.key = "names",
           .target = &e.names,
           .doc = "Who.",
           .min = 1,
           .max = 8,
           .check = &refuse_bad}}});
    schema.tables.push_back(
        {.name = "row",
         .doc = "Rows.",
         .fields =
             {{.key = "name",
               .target = &e.row.name,
               .doc = "Its name.",
               .is_required = true,
               .max = 8},
              {.key = "bold", .target = &e.row.bold, .doc = "How."},
              {.key = "count", .target = &e.row.count, .doc = "How many.", .min = 1, .max = 9},
              {.key = "size",
               .target = &e.row.size,
               .doc = "How large.",
               .is_size = true,
               .min = 1,
               .max = 2048},
              {.key = "pause", .target = &e.row.pause, .doc = "How long.", .max = 60'000'000},
              {.key = "rank",
               .target = &e.row.rank,
               .doc = "Which.",
               .takes_numbers = true,
               .min = 1,
               .max = 3,
               .check = &refuse_bad}},
         .rows_max = 3,
         .clear =
             [&e] {
                 e.rows.clear();
                 e.row = {};
             },
         .take = [&e] { e.rows.push_back(std::exchange(e.row, {})); },
         .show =
             [&e](std::size_t n) {
                 e.row = n < e.rows.size() ? e.rows[n] : Row();
                 return n < e.rows.size();
             }});
    return schema;
}

// The error's text; empty when the text was accepted.
std::string complaint(std::string_view text) {
    Example example;
    const auto loaded = schema_of(example).load(text, "x.toml");
    return loaded ? std::string() : loaded.error().message;
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a file sets what it names and leaves the rest at its default") {
    Example example;
    const auto loaded = schema_of(example).load(
        "[main]\nenabled = true\ninterval = \"250ms\"\nbytes_max = \"64KiB\"\n"
        "names = [\"a\", \"b\"]\n[[row]]\nname = \"one\"\n[[row]]\nname = \"two\"\n",
        "x.toml");
    REQUIRE(loaded.has_value());
    CHECK(example.enabled);
    CHECK(example.interval == 250ms);
    CHECK(example.bytes_max == 65'536);
    CHECK(example.port == 5555);
    CHECK(example.names == std::vector<std::string>{"a", "b"});
    CHECK(example.rows == std::vector<Row>{row_named("one"), row_named("two")});
}

TEST_CASE("an unknown key is refused with its place and the nearest known one") {
    const std::string text = complaint("[main]\n  intervall = \"5s\"\n");
    CHECK(contains(text, "x.toml:2:3: "));
    CHECK(contains(text, "did you mean \"interval\"?"));
    CHECK(contains(complaint("[main]\nzzzzzzzzz = 1\n"), "there are enabled, port"));
    CHECK(contains(complaint("[mian]\n"), "did you mean \"main\"?"));
    CHECK(contains(complaint("top = 1\n"), "no section \"top\""));
}

TEST_CASE("what is another program's in the same file is passed over, what is nobody's is not") {
    Example example;
    Schema schema = schema_of(example);
    schema.of_others = {"theirs", "their_rows"};
    CHECK(schema.load("[theirs]\nanything = {}\n[[their_rows]]\nx = 1\n[main]\nport = 7\n", "x"));
    CHECK(example.port == 7);
    CHECK_FALSE(schema.load("[their]\n", "x"));
}

TEST_CASE(
    "a wrong type, a missing unit and a value out of range are refused with what is allowed") {
    CHECK(contains(complaint("[main]\ninterval = 5\n"),
                   "x.toml:2:12: interval = 5: allowed is a "
                   "duration with its unit"));
    CHECK(contains(complaint("[main]\ninterval = \"5\"\n"), "1ms to 1h"));
    CHECK(contains(complaint("[main]\nbytes_max = 64\n"), "\"64MiB\""));
    CHECK(contains(complaint("[main]\nport = 65536\n"), "65536: allowed is a whole number"));
    CHECK(contains(complaint("[main]\nport = -1\n"), "-1"));
    CHECK(contains(complaint("[main]\nport = \"5555\"\n"), "whole number, 0 to 65535"));
    CHECK(contains(complaint("[main]\nport = 1.5\n"), "whole number"));
    CHECK(contains(complaint("[main]\nenabled = 1\n"), "true or false"));
    CHECK(contains(complaint("[main]\nlevel = \"loud\"\n"), "\"info\", \"debug\""));
    CHECK(contains(complaint("[main]\nnames = [1]\n"), "list of texts"));
    CHECK(contains(complaint("[main]\nnames = [\"bad\"]\n"), "bad is bad"));
    CHECK(contains(complaint("[main]\nport = 1979-05-27\n"), "whole number"));
    CHECK(contains(complaint("main = 1\n"), "[main] as a section"));
    CHECK(contains(complaint("[row]\nname = \"x\"\n"), "[[row]] with two brackets"));
    CHECK(contains(complaint("[[row]]\n"), "needs \"name\""));
}

TEST_CASE("both ends of a range are allowed and one past each is not") {
    CHECK(complaint("[main]\ntries = 1\n").empty());
    CHECK(complaint("[main]\ntries = 100\n").empty());
    CHECK_FALSE(complaint("[main]\ntries = 0\n").empty());
    CHECK_FALSE(complaint("[main]\ntries = 101\n").empty());
    CHECK(complaint("[main]\ninterval = \"1ms\"\n").empty());
    CHECK(complaint("[main]\ninterval = \"60min\"\n").empty());
    CHECK_FALSE(complaint("[main]\ninterval = \"999us\"\n").empty());
    CHECK_FALSE(complaint("[main]\ninterval = \"3600.000001s\"\n").empty());
    CHECK(complaint("[[row]]\nname=\"a\"\n[[row]]\nname=\"b\"\n[[row]]\nname=\"c\"\n").empty());
    CHECK(contains(complaint("[[row]]\nname=\"a\"\n[[row]]\nname=\"b\"\n[[row]]\nname=\"c\"\n"
                             "[[row]]\nname=\"d\"\n"),
                   "at most 3 times"));
}

TEST_CASE("all mistakes are told at once, up to ten") {
    const std::string two = complaint("[main]\nport = -1\ntries = 0\n");
    CHECK(contains(two, "port"));
    CHECK(contains(two, "\n"));
    CHECK(contains(two, "tries"));
    std::string many = "[main]\n";
    for (int i = 0; i < 30; ++i) {
        many += "unknown" + std::to_string(i) + " = 1\n";
    }
    CHECK(contains(complaint(many), "and 20 more"));
}

TEST_CASE("what is no TOML at all is refused with its place") {
    CHECK(contains(complaint("[main\n"), "x.toml:1:"));
    CHECK(contains(complaint("[[="), "x.toml:1:1: a section's header is a name in brackets"));
    CHECK(contains(complaint("\n\n[[[main]]]\n[["), "x.toml:3:1: a section's header"));
    CHECK_FALSE(complaint(std::string("\xff\xfe\x00\x01", 4)).empty());
    CHECK_FALSE(complaint(std::string("a\0b = 1", 7)).empty());
    CHECK_FALSE(complaint("[main]\nport = 1\nport = 2\n").empty());
    CHECK_FALSE(complaint("x = " + std::string(100'000, '[')).empty());
    CHECK(contains(complaint("é = 1"), "x.toml:1:1:"));
    CHECK(contains(complaint("[main]\npor\u00EFt = 1"), "x.toml:2:"));
    CHECK(contains(complaint("[main]\nport\u00A0= 1"), "x.toml:2:"));
    CHECK(contains(complaint("[main]\nport\uFEEF= 1"), "x.toml:2:"));
    CHECK(complaint("").empty());
    CHECK(complaint("# nothing: é\n").empty());
}

TEST_CASE("a file that is missing, a directory or too large is an error that names it") {
    Example example;
    Schema schema = schema_of(example);
    const auto missing = schema.load_file("/nonexistent/x.toml");
    REQUIRE_FALSE(missing.has_value());
    CHECK(missing.error().code == base::Errc::Io);
    CHECK(contains(missing.error().message, "/nonexistent/x.toml"));
    CHECK_FALSE(schema.load_file("/").has_value());

    const auto path = std::filesystem::temp_directory_path() / "steward-config-test-large.toml";
    std::ofstream(path) << std::string(kFileBytesMax, '#');
    CHECK(schema.load_file(path).has_value());
    std::ofstream(path, std::ios::app) << "#";
    CHECK_FALSE(schema.load_file(path).has_value());
    std::filesystem::remove(path);
}

TEST_CASE("a flag or the environment sets one value under the same rules") {
    Example example;
    Schema schema = schema_of(example);
    CHECK(schema.set("main.port", "0", "--port").has_value());
    CHECK(example.port == 0);
    CHECK(schema.set("main.enabled", "true", "--on").has_value());
    CHECK(example.enabled);
    CHECK(schema.set("main.interval", "2s", "INTERVAL").has_value());
    CHECK(example.interval == 2s);
    const auto refused = schema.set("main.port", "70000", "--port");
    REQUIRE_FALSE(refused.has_value());
    CHECK(contains(refused.error().message, "--port (main.port) = 70000: allowed is"));
    CHECK_FALSE(schema.set("main.port", "", "--port").has_value());
    CHECK_FALSE(schema.set("main.port", "12x", "--port").has_value());
    CHECK_FALSE(schema.set("main.interval", "2", "INTERVAL").has_value());
    CHECK(example.port == 0);
}

TEST_CASE("what is printed can be loaded and gives the same values") {
    Example example;
    example.interval = 1500ms;
    example.names = {"a\"b\\c\n", "ü"};
    example.rows = {row_named("one"), {"two", true, 3, 1024, 1500ms, "7"}};
    for (const bool comments : {false, true}) {
        Example copy;
        const auto loaded = schema_of(copy).load(schema_of(example).print(comments), "printed");
        if (!loaded) {
            FAIL(loaded.error().message);
        }
        CHECK(copy.interval == example.interval);
        CHECK(copy.names == example.names);
        CHECK(copy.rows == example.rows);
        CHECK(schema_of(copy).differences_from(schema_of(example)).empty());
    }
}

TEST_CASE("differences name the setting, both values and whether a reload is enough") {
    Example before;
    Example now;
    now.port = 1;
    now.bytes_max = 2048;
    now.rows = {row_named("new")};
    const auto differences = schema_of(now).differences_from(schema_of(before));
    REQUIRE(differences.size() == 3);
    CHECK(differences[0].path == "main.port");
    CHECK(differences[0].before == "5555");
    CHECK(differences[0].now == "1");
    CHECK_FALSE(differences[0].is_reloadable);
    CHECK(differences[1].path == "main.bytes_max");
    CHECK(differences[1].now == "\"2KiB\"");
    CHECK(differences[1].is_reloadable);
    CHECK(differences[2].path == "row");
}

TEST_CASE("the document has a row for every setting") {
    Example example;
    const std::string text = schema_of(example).document();
    for (const char* key :
         {"enabled", "port", "tries", "bytes_max", "interval", "level", "names"}) {
        CHECK(contains(text, "| `" + std::string(key) + "` |"));
    }
    CHECK(contains(text, "## [[row]]"));
    CHECK(contains(text, "`\"5s\"`"));
}

TEST_CASE("what a row leaves out is nothing, and is not printed") {
    Example example;
    REQUIRE(schema_of(example)
                .load("[[row]]\nname = \"a\"\nbold = false\ncount = 9\nsize = \"1KiB\"\n"
                      "pause = \"0s\"\nrank = 12\n[[row]]\nname = \"b\"\nrank = \"top\"\n",
                      "x.toml")
                .has_value());
    REQUIRE(example.rows.size() == 2);
    CHECK(example.rows[0] == Row{"a", false, 9, 1024, 0s, "12"});
    CHECK(example.rows[1].rank == "top");
    CHECK_FALSE(example.rows[1].count);
    const std::string printed = schema_of(example).print(false);
    CHECK(contains(printed, "[[row]]\nname = \"b\"\nrank = \"top\"\n"));
    CHECK(contains(schema_of(example).document(), "| `count` |  | a whole number, 1 to 9 |"));
}

TEST_CASE("a mistake in a row names the row, by its name or its number, and the key") {
    CHECK(contains(complaint("[[row]]\nname = \"a\"\ncount = 10\n"),
                   "x.toml:3:9: [[row]] \"a\": count = 10: allowed is a whole number, 1 to 9"));
    CHECK(contains(complaint("[[row]]\nname = \"a\"\n[[row]]\npause = 1\n"),
                   "[[row]] 2: pause = 1: allowed is a duration with its unit"));
    CHECK(contains(complaint("[[row]]\nname = \"a\"\nsize = 5\n"), "\"64MiB\", 1B to 2KiB"));
    CHECK(contains(complaint("[[row]]\nname = \"a\"\nbold = 1\n"), "true or false"));
    CHECK(contains(complaint("[[row]]\nname = \"a\"\nrank = \"bad\"\n"), "bad is bad"));
    CHECK(contains(complaint("[[row]]\nname = \"a\"\nrank = 1234\n"),
                   "1 to 3 bytes, or a whole number"));
    CHECK(contains(complaint("[[row]]\nname = 5\n"), "[[row]] 1: name = 5: allowed is a text"));
    CHECK(contains(complaint("[[row]]\nname = \"a\"\ncuont = 1\n"),
                   "[[row]] \"a\" has no setting \"cuont\"; did you mean \"count\"?"));
}
