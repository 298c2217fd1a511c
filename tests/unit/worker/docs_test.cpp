// tests: the programs in docs/writing-workers.md are the ones that are compiled.
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace {

std::string read(const std::filesystem::path& file) {
    std::ifstream stream(file);
    REQUIRE_MESSAGE(stream.good(), file.string());
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

std::vector<std::string> programs_in(const std::string& document) {
    const std::string open = "```cpp\n";
    std::vector<std::string> programs;
    for (std::size_t at = document.find(open); at != std::string::npos;
         at = document.find(open, at)) {
        at += open.size();
        const std::size_t end = document.find("```", at);
        REQUIRE(end != std::string::npos);
        programs.push_back(document.substr(at, end - at));
    }
    return programs;
}

}  // namespace

TEST_CASE("each program in docs/writing-workers.md is an example that is compiled, in order") {
    const std::filesystem::path root = STEWARD_SOURCE_DIR;
    const auto programs = programs_in(read(root / "docs/writing-workers.md"));
    const std::vector<std::string> files = {"greeter.cpp", "outcomes.cpp", "testing.cpp"};
    REQUIRE(programs.size() == files.size());
    for (std::size_t i = 0; i < files.size(); ++i) {
        CHECK(programs[i] == read(root / "tests/unit/worker/examples" / files[i]));
    }
}
