// tests/unit/posix: a file that only grows.
#include "common/posix/append_file.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/resource.h>
#include <unistd.h>

#include <doctest/doctest.h>

using namespace steward;
using posix::AppendFile;

namespace {

struct TemporaryFolder {
    TemporaryFolder() {
        std::string name =
            (std::filesystem::temp_directory_path() / "steward-posix-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }

    ~TemporaryFolder() { std::filesystem::remove_all(path); }

    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    std::string file(const std::string& content = {}) const {
        const std::string name = (path / "file").string();
        std::ofstream(name, std::ios::binary) << content;
        return name;
    }

    std::filesystem::path path;
};

std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("what is appended stands at the end, also after opening anew") {
    const TemporaryFolder folder;
    const std::string name = (folder.path / "new").string();
    for (const char* line : {"one\n", "two\n"}) {
        auto file = AppendFile::open(name);
        REQUIRE(file.has_value());
        REQUIRE(file->append(line).has_value());
    }
    CHECK(content_of(name) == "one\ntwo\n");
    CHECK(AppendFile::open(name)->size() == 8);
}

TEST_CASE("half a line from a run that was cut off is removed, however long it is") {
    const TemporaryFolder folder;
    for (const std::string& torn : {std::string("x"),
                                    std::string(16'383, 'x'),
                                    std::string(16'384, 'x'),
                                    std::string(50'000, 'x')}) {
        const std::string name = folder.file("whole\n" + torn);
        CHECK(AppendFile::open(name)->size() == 6);
        CHECK(content_of(name) == "whole\n");
        CHECK(AppendFile::open(folder.file(torn))->size() == 0);
    }
    CHECK(AppendFile::open(folder.file("whole\n"))->size() == 6);
    CHECK(AppendFile::open(folder.file(""))->size() == 0);
}

TEST_CASE("what cannot be written whole is taken back") {
    const TemporaryFolder folder;
    const std::string name = folder.file("0123456789\n");
    auto file = AppendFile::open(name);
    REQUIRE(file.has_value());
    rlimit old{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &old) == 0);
    const auto handler = ::signal(SIGXFSZ, SIG_IGN);
    const rlimit tight{100, old.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
    const auto refused = file->append(std::string(200, 'x') + "\n");
    const auto fits = file->append(std::string(88, 'y') + "\n");
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &old) == 0);
    ::signal(SIGXFSZ, handler);
    CHECK_FALSE(refused.has_value());
    CHECK(fits.has_value());
    CHECK(content_of(name) == "0123456789\n" + std::string(88, 'y') + "\n");
}

TEST_CASE("a full disk and a missing folder are errors") {
    auto full = AppendFile::open("/dev/full");
    REQUIRE(full.has_value());
    const auto refused = full->append("x\n");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == base::Errc::Io);
    const auto missing = AppendFile::open("/nonexistent/file");
    REQUIRE_FALSE(missing.has_value());
    CHECK(missing.error().message.find("/nonexistent/file") != std::string::npos);
}

TEST_CASE("folders are made with those above them, and may exist") {
    const TemporaryFolder folder;
    const std::string deep = (folder.path / "a/b/c").string();
    CHECK(posix::make_folders(deep).has_value());
    CHECK(posix::make_folders(deep).has_value());
    CHECK(std::filesystem::is_directory(deep));
    CHECK_FALSE(posix::make_folders(folder.file() + "/x").has_value());
}
