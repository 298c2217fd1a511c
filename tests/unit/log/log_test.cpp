// tests/unit/log: levels, lines, repeats, and the log as a file.
#include "common/log/log.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <doctest/doctest.h>

#include "common/log/repeat_limit.hpp"

using namespace steward;
using namespace steward::log;

namespace {

struct TemporaryFolder {
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "steward-log-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }

    ~TemporaryFolder() { std::filesystem::remove_all(path); }

    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    std::filesystem::path path;
};

std::string content_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string line_of(std::initializer_list<Field> fields) {
    return format_line(base::WallTime(std::chrono::microseconds(1'769'860'800'123'456)),
                       Level::Info,
                       "event",
                       std::span<const Field>(fields.begin(), fields.size()));
}

}  // namespace

TEST_CASE("levels are words, and the letters of ZMWS") {
    CHECK(parse_level("debug") == Level::Debug);
    CHECK(parse_level("INFO") == Level::Info);
    CHECK(parse_level("W") == Level::Warning);
    CHECK(parse_level("e") == Level::Error);
    for (const Level level : {Level::Debug, Level::Info, Level::Warning, Level::Error}) {
        CHECK(parse_level(name_of(level)) == level);
        CHECK(parse_level(std::string(1, letter_of(level))) == level);
    }
    for (const char* bad : {"", "x", "warn ", "informational", "D D"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_level(bad).has_value());
    }
}

TEST_CASE("a line has time, letter, event and fields") {
    CHECK(line_of({{"job", "abc"}, {"n", "3"}}) == "2026-01-31T12:00:00.123Z I event job=abc n=3");
    CHECK(line_of({}) == "2026-01-31T12:00:00.123Z I event");
    CHECK(time_text(base::WallTime{}) == "1970-01-01T00:00:00.000Z");
}

TEST_CASE("a value cannot break out of its line") {
    CHECK(line_of({{"v", "two words"}}).ends_with(" v=\"two words\""));
    CHECK(line_of({{"v", ""}}).ends_with(" v=\"\""));
    CHECK(line_of({{"v", "a\nb"}}).find('\n') == std::string::npos);
    CHECK(line_of({{"v", "x\" forged=\"1"}}).ends_with("v=\"x\\\" forged=\\\"1\""));
    CHECK(line_of({{"v", "\x1b[31mred"}}).find('\x1b') == std::string::npos);
    CHECK(line_of({{"v", std::string(100'000, 'x')}}).size() < kValueBytesMax + 100);
}

TEST_CASE("an event beyond its share of a second is left out and counted") {
    RepeatLimit limit(2, std::chrono::seconds(1));
    const base::MonoTime start{};
    CHECK(limit.ask("e", start).is_admitted);
    CHECK(limit.ask("e", start).is_admitted);
    CHECK_FALSE(limit.ask("e", start).is_admitted);
    CHECK_FALSE(limit.ask("e", start + 999'999us).is_admitted);
    CHECK(limit.ask("other", start).is_admitted);
    const auto next = limit.ask("e", start + 1s);
    CHECK(next.is_admitted);
    CHECK(next.left_out == 2);
    CHECK(limit.ask("e", start + 1s).left_out == 0);
}

TEST_CASE("more event words than are remembered are admitted, and memory stays bounded") {
    RepeatLimit limit(1, std::chrono::seconds(1));
    for (std::size_t i = 0; i < RepeatLimit::kEventsMax; ++i) {
        CHECK(limit.ask("event" + std::to_string(i), base::MonoTime{}).is_admitted);
    }
    CHECK_FALSE(limit.ask("event0", base::MonoTime{}).is_admitted);
    CHECK(limit.ask("one more", base::MonoTime{}).is_admitted);
    CHECK(limit.ask("one more", base::MonoTime{}).is_admitted);
}

TEST_CASE("what is written stands in the file when the log has ended, quiet lines do not") {
    const TemporaryFolder folder;
    const std::string path = (folder.path / "log").string();
    {
        auto log = Log::open({.file = path, .level = Level::Warning, .lines_queued_max = 64});
        REQUIRE(log.has_value());
        (*log)->write(Level::Info, "quiet");
        (*log)->write(Level::Error, "loud", {{"key", "value"}});
        (*log)->set_level(Level::Debug);
        (*log)->write(Level::Debug, "detail");
        CHECK((*log)->dropped() == 0);
    }
    const std::string content = content_of(path);
    CHECK(content.find("quiet") == std::string::npos);
    CHECK(content.find(" E loud key=value\n") != std::string::npos);
    CHECK(content.find(" D detail\n") != std::string::npos);
}

TEST_CASE("the log is appended to, not begun anew") {
    const TemporaryFolder folder;
    const std::string path = (folder.path / "log").string();
    for (const char* event : {"first", "second"}) {
        auto log = Log::open({.file = path});
        REQUIRE(log.has_value());
        (*log)->write(Level::Info, event);
    }
    const std::string content = content_of(path);
    CHECK(content.find("first") != std::string::npos);
    CHECK(content.find("second") != std::string::npos);
}

TEST_CASE("a log of several files begins the next, and one that was moved away a new one") {
    const TemporaryFolder folder;
    const std::string path = (folder.path / "log").string();
    {
        auto log = Log::open({.file = path, .bytes_max = 60, .files_max = 2});
        REQUIRE(log.has_value());
        for (const char* event : {"first", "second", "third"}) {
            (*log)->write(Level::Info, event, {{"text", "long enough for a file"}});
        }
    }
    CHECK(content_of(path).find("third") != std::string::npos);
    CHECK(content_of(path + ".1").find("second") != std::string::npos);
    {
        auto log = Log::open({.file = path});
        REQUIRE(log.has_value());
        std::filesystem::rename(path, path + ".moved");
        (*log)->reopen();
        (*log)->write(Level::Info, "fourth");
    }
    CHECK(content_of(path).find("fourth") != std::string::npos);
    CHECK(content_of(path + ".moved").find("fourth") == std::string::npos);
}

TEST_CASE("a log that cannot be opened is an error that names it") {
    const TemporaryFolder folder;
    const auto log = Log::open({.file = folder.path.string()});
    REQUIRE_FALSE(log.has_value());
    CHECK(log.error().message.find(folder.path.string()) != std::string::npos);
}

TEST_CASE("a log on a full disk loses its lines and nothing else") {
    auto log = Log::open({.file = "/dev/full"});
    REQUIRE(log.has_value());
    for (int i = 0; i < 100; ++i) {
        (*log)->write(Level::Debug, "lost");
        (*log)->write(Level::Error, "lost_too");
    }
}
