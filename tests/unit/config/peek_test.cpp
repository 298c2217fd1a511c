// tests/unit/config: single texts of somebody else's configuration.
#include "common/config/peek.hpp"

#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <doctest/doctest.h>

namespace steward::config {
namespace {

struct TempConfig {
    explicit TempConfig(const std::string& text)
        : path(std::filesystem::temp_directory_path() /
               ("steward-peek-" + std::to_string(::getpid()) + ".toml")) {
        std::ofstream(path) << text;
    }

    ~TempConfig() { std::filesystem::remove(path); }

    TempConfig(const TempConfig&) = delete;
    TempConfig& operator=(const TempConfig&) = delete;

    std::filesystem::path path;
};

}  // namespace

TEST_CASE("Texts are found by their paths, whatever else the file says") {
    const TempConfig file("[broker]\ndata_dir = \"/var/x\"\nnew_setting = 5\n[[process]]\n");
    const auto texts = read_texts(file.path, {"broker.data_dir", "journal.folder"});
    REQUIRE(texts);
    CHECK(texts->at(0) == "/var/x");
    CHECK_FALSE(texts->at(1));
}

TEST_CASE("What is no text, no TOML or not there is told with its place") {
    {
        const TempConfig file("[broker]\ndata_dir = 5\n");
        const auto texts = read_texts(file.path, {"broker.data_dir"});
        REQUIRE_FALSE(texts);
        CHECK(texts.error().code == base::Errc::BadConfig);
        CHECK(texts.error().message.find(".toml:2:") != std::string::npos);
    }
    {
        const TempConfig file("[broker\n");
        const auto texts = read_texts(file.path, {"broker.data_dir"});
        REQUIRE_FALSE(texts);
        CHECK(texts.error().code == base::Errc::BadConfig);
        CHECK(texts.error().message.find(".toml:1:") != std::string::npos);
    }
    const auto missing = read_texts("/nowhere/steward.toml", {"broker.data_dir"});
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == base::Errc::Io);
}

}  // namespace steward::config
