// tests/scenario: retells every story of a folder and compares. `--rewrite` takes what comes out
// now as right: read the difference before you commit it.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/scenario/story.hpp"

namespace {

using namespace steward;

std::string contents(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream out;
    out << file.rdbuf();
    return out.str();
}

void show_difference(const std::filesystem::path& path,
                     const std::string& written,
                     const std::string& told) {
    std::istringstream old_lines(written);
    std::istringstream new_lines(told);
    std::string was;
    std::string is;
    for (int number = 1;; ++number) {
        const bool had = static_cast<bool>(std::getline(old_lines, was));
        const bool has = static_cast<bool>(std::getline(new_lines, is));
        if (!had && !has) {
            return;
        }
        if (had != has || was != is) {
            std::printf("%s:%d\n  written: %s\n  now:     %s\n",
                        path.filename().c_str(),
                        number,
                        had ? was.c_str() : "(its end)",
                        has ? is.c_str() : "(its end)");
            return;
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    const bool rewrite = argc == 3 && std::string_view(argv[2]) == "--rewrite";
    if (argc != 2 && !rewrite) {
        std::fprintf(stderr, "usage: scenario FOLDER [--rewrite]\n");
        return 2;
    }
    std::vector<std::filesystem::path> stories;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1], error)) {
        if (entry.path().extension() == ".txt") {
            stories.push_back(entry.path());
        }
    }
    std::sort(stories.begin(), stories.end());
    std::size_t wrong = 0;
    for (const auto& path : stories) {
        const std::string written = contents(path);
        const std::string told = scenario::retell(written);
        if (told == written) {
            continue;
        }
        ++wrong;
        if (rewrite) {
            std::ofstream(path, std::ios::binary) << told;
            std::printf("rewritten: %s\n", path.filename().c_str());
        } else {
            show_difference(path, written, told);
        }
    }
    std::printf("%zu stories, %zu told differently\n", stories.size(), wrong);
    return stories.empty() || (wrong != 0 && !rewrite) ? 1 : 0;
}
