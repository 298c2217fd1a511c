// tests: the programs in docs/dedicated-workers.md are the ones that are compiled.
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "master/pool.hpp"
#include "master/shared.hpp"

namespace steward::master {

namespace {

std::string whole(const std::filesystem::path& file) {
    std::ifstream stream(file);
    REQUIRE_MESSAGE(stream.good(), file.string());
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("Each program in docs/dedicated-workers.md is an example that is compiled, in order") {
    const std::filesystem::path root = STEWARD_SOURCE_DIR;
    const std::string page = whole(root / "docs/dedicated-workers.md");
    std::size_t at = 0;
    for (const char* name : {"dedicated.cpp", "pool.cpp", "shared.cpp", "status.cpp"}) {
        INFO("example: ", name);
        const std::string open = "```cpp\n";
        at = page.find(open, at);
        REQUIRE(at != std::string::npos);
        at += open.size();
        const std::size_t end = page.find("```", at);
        REQUIRE(end != std::string::npos);
        CHECK(page.substr(at, end - at) == whole(root / "tests/unit/master/examples" / name));
        at = end + 3;
    }
    CHECK(page.find("```cpp", at) == std::string::npos);
}

TEST_CASE("A pool has at least one worker and at most so many") {
    CHECK(Size(1).resolve() == 1);
    CHECK(Size(kPoolMax).resolve() == kPoolMax);
    CHECK(Size::automatic().resolve().value() >= 1);
    for (const std::size_t count : {std::size_t{0}, kPoolMax + 1}) {
        const auto refused = Size(count).resolve();
        REQUIRE_FALSE(refused);
        CHECK(refused.error().message.find("1 to 1024") != std::string::npos);
    }
}

TEST_CASE("A worker may be started at addresses of this machine alone") {
    CHECK(is_local("ipc:///run/x.sock"));
    CHECK(is_local("tcp://127.0.0.1:5600"));
    CHECK(is_local("tcp://localhost:5600"));
    CHECK_FALSE(is_local("tcp://192.0.2.1:5600"));
    CHECK_FALSE(is_local("tcp://example.org:5600"));
}

}  // namespace steward::master
