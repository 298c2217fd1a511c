// tests/e2e: the units in etc/systemd as systemd reads them, where it is there to be asked.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/e2e/harness/broker.hpp"
#include "tests/e2e/harness/process.hpp"

namespace steward::e2e {

namespace {

constexpr const char* kAnalyze = "/usr/bin/systemd-analyze";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
        text.replace(at, what.size(), by);
    }
    return text;
}

}  // namespace

TEST_CASE("systemd finds nothing wrong with the units") {
    const std::filesystem::path folder = STEWARD_UNITS_DIR;
    const TempDirectory directory;
    std::size_t units = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        CHECK(text.find("Type=notify") != std::string::npos);
        CHECK(text.find("WatchdogSec=") != std::string::npos);
        ++units;
        if (::access(kAnalyze, X_OK) != 0) {
            continue;
        }
        // The programs are not installed here; an instance has a name.
        const std::string programs = built_program("");
        std::string name = entry.path().filename().string();
        if (const std::size_t at = name.find('@'); at != std::string::npos) {
            name.insert(at + 1, "reverse");
        }
        const std::string unit = directory.write(
            name,
            replaced(replaced(text, "/usr/local/bin/", programs), "\nDocumentation=", "\n# "));
        const Finished verified = run({kAnalyze, {"verify", unit}, {}, {}});
        // Other units of the machine may have faults of their own.
        INFO(verified.err);
        const bool is_blamed = verified.err.find(name) != std::string::npos;
        CHECK_FALSE(is_blamed);
        // docs/operations.md has the figures: tenths of what it is told as.
        const Finished judged =
            run({kAnalyze, {"security", "--offline=true", "--threshold=24", unit}, {}, {}});
        CHECK_MESSAGE(judged.code == 0, judged.out);
    }
    CHECK(units == 4);
}

}  // namespace steward::e2e
