// tests/unit/app: the lifecycle log's files, and a disk that is full.
#include "broker/app/lifecycle_log.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/resource.h>

#include <doctest/doctest.h>

using namespace steward;
using namespace steward::app;

namespace {

struct TemporaryFolder {
    TemporaryFolder() {
        std::string name =
            (std::filesystem::temp_directory_path() / "steward-lifecycle-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }

    ~TemporaryFolder() { std::filesystem::remove_all(path); }

    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    std::string log() const { return (path / "log").string(); }

    std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(path), {}));
    }

    std::filesystem::path path;
};

std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

LifecycleLog opened(const LifecycleOptions& options) {
    auto log = LifecycleLog::open(options);
    REQUIRE(log.has_value());
    return std::move(*log);
}

void add(LifecycleLog& log, const std::string& line) {
    log.add(line + "\n", 1);
}

}  // namespace

TEST_CASE("lines are written when the turn ends") {
    const TemporaryFolder folder;
    LifecycleLog log = opened({.path = folder.log()});
    add(log, "{\"n\":1}");
    add(log, "{\"n\":2}");
    CHECK(content_of(folder.log()).empty());
    log.flush();
    CHECK(content_of(folder.log()) == "{\"n\":1}\n{\"n\":2}\n");
    log.flush();
    CHECK(content_of(folder.log()) == "{\"n\":1}\n{\"n\":2}\n");
    CHECK_FALSE(log.take_news().has_value());
}

TEST_CASE("a turn that gathers much does not gather without end") {
    const TemporaryFolder folder;
    LifecycleLog log = opened({.path = folder.log()});
    add(log, "x");
    add(log, std::string(LifecycleLog::kBufferBytesMax - 4, 'x'));
    CHECK(content_of(folder.log()).empty());
    add(log, "");
    CHECK(content_of(folder.log()).size() == LifecycleLog::kBufferBytesMax);
}

TEST_CASE("much at once is not gathered, and comes behind what was") {
    const TemporaryFolder folder;
    LifecycleLog log = opened({.path = folder.log()});
    const std::string much(LifecycleLog::kWrittenAtOnceBytes, 'x');
    add(log, much);
    CHECK(content_of(folder.log()) == much + "\n");
    add(log, "y");
    add(log, much);
    log.flush();
    CHECK(content_of(folder.log()) == much + "\ny\n" + much + "\n");
}

TEST_CASE("a full file steps back, and the oldest goes") {
    const TemporaryFolder folder;
    LifecycleLog log = opened({.path = folder.log(), .bytes_max = 10, .files_max = 3});
    for (const char* line : {"aaaaaaaaa", "bbbb", "cccc", "ddddd", "eeeeeeeee", "fffffffff"}) {
        add(log, line);
        log.flush();
    }
    // "bbbb" and "cccc" are together ten bytes with their line ends: at the limit, not past it.
    CHECK(folder.files() == 3);
    CHECK(content_of(folder.log()) == "fffffffff\n");
    CHECK(content_of(folder.log() + ".1") == "eeeeeeeee\n");
    CHECK(content_of(folder.log() + ".2") == "ddddd\n");
}

TEST_CASE("with one file allowed the full one is begun anew") {
    const TemporaryFolder folder;
    LifecycleLog log = opened({.path = folder.log(), .bytes_max = 10, .files_max = 1});
    for (const char* line : {"aaaaaaaaa", "bbbb"}) {
        add(log, line);
        log.flush();
    }
    CHECK(folder.files() == 1);
    CHECK(content_of(folder.log()) == "bbbb\n");
}

TEST_CASE("a line longer than a file is kept whole") {
    const TemporaryFolder folder;
    LifecycleLog log = opened({.path = folder.log(), .bytes_max = 10, .files_max = 2});
    add(log, std::string(100, 'x'));
    log.flush();
    CHECK(content_of(folder.log()).size() == 101);
    add(log, "next");
    log.flush();
    CHECK(content_of(folder.log()) == "next\n");
}

TEST_CASE("a full disk costs lines, is told once, and its end is told, too") {
    const TemporaryFolder folder;
    LifecycleLog log = opened({.path = folder.log()});
    rlimit old{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &old) == 0);
    const auto handler = ::signal(SIGXFSZ, SIG_IGN);
    const rlimit tight{10, old.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
    add(log, "first");
    log.flush();
    for (int i = 0; i < 3; ++i) {
        add(log, "too long for the rest");
        add(log, "and another");
        log.flush();
    }
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &old) == 0);
    ::signal(SIGXFSZ, handler);

    CHECK(log.lines_lost() == 6);
    const auto failing = log.take_news();
    REQUIRE(failing.has_value());
    CHECK(failing->is_failing);
    CHECK_FALSE(failing->why.empty());
    CHECK_FALSE(log.take_news().has_value());

    add(log, "back");
    log.flush();
    const auto recovered = log.take_news();
    REQUIRE(recovered.has_value());
    CHECK_FALSE(recovered->is_failing);
    CHECK(recovered->lines_lost == 6);
    CHECK(content_of(folder.log()) == "first\nback\n");
}

TEST_CASE("a folder that vanishes at the turn of a file is survived") {
    const TemporaryFolder folder;
    const std::string inner = (folder.path / "inner").string();
    std::filesystem::create_directory(inner);
    LifecycleLog log = opened({.path = inner + "/log", .bytes_max = 5, .files_max = 2});
    add(log, "full.");
    log.flush();
    std::filesystem::remove_all(inner);
    add(log, "lost");
    log.flush();
    CHECK(log.take_news()->is_failing);
    std::filesystem::create_directory(inner);
    add(log, "back");
    log.flush();
    CHECK_FALSE(log.take_news()->is_failing);
    CHECK(content_of(inner + "/log") == "back\n");
}

TEST_CASE("a lifecycle log that cannot be opened is an error that names it") {
    const auto log = LifecycleLog::open({.path = "/nonexistent/log"});
    REQUIRE_FALSE(log.has_value());
    CHECK(log.error().message.find("/nonexistent/log") != std::string::npos);
}
