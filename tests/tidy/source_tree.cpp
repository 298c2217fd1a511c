// tests/tidy: see source_tree.hpp.
#include "tests/tidy/source_tree.hpp"

#include <algorithm>
#include <array>
#include <fstream>

#include <doctest/doctest.h>

namespace steward::tidy {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 13> kFolders = {".ci",
                                                       "bench",
                                                       "bin",
                                                       "broker",
                                                       "client",
                                                       "common",
                                                       "docs",
                                                       "etc",
                                                       "gateway",
                                                       "master",
                                                       "supervisor",
                                                       "tests",
                                                       "worker"};

SourceFile read_file(const fs::path& root, const fs::path& path) {
    SourceFile file{fs::relative(path, root).generic_string(), {}};
    std::ifstream stream(path);
    for (std::string line; std::getline(stream, line);) {
        file.lines.push_back(std::move(line));
    }
    return file;
}

bool is_text(const fs::path& path) {
    static constexpr std::array<std::string_view, 6> kBinary = {
        ".png", ".ico", ".gz", ".woff2", ".bin", ".swp"};
    return std::find(kBinary.begin(), kBinary.end(), path.extension().string()) == kBinary.end();
}

std::vector<SourceFile> read_tree() {
    const fs::path root = STEWARD_SOURCE_DIR;
    std::vector<SourceFile> files;
    for (const auto& entry : fs::directory_iterator(root)) {
        if (entry.is_regular_file() && entry.path().filename() != ".git" && is_text(entry.path())) {
            files.push_back(read_file(root, entry.path()));
        }
    }
    for (const std::string_view folder : kFolders) {
        if (!fs::is_directory(root / folder)) {
            continue;
        }
        for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
            if (entry.is_regular_file() && is_text(entry.path())) {
                files.push_back(read_file(root, entry.path()));
            }
        }
    }
    std::sort(files.begin(), files.end(), [](const SourceFile& a, const SourceFile& b) {
        return a.path < b.path;
    });
    return files;
}

}  // namespace

bool SourceFile::is_cpp() const {
    return path.ends_with(".cpp") || path.ends_with(".hpp") || path.ends_with(".def");
}

const std::vector<SourceFile>& source_tree() {
    static const std::vector<SourceFile> kFiles = read_tree();
    REQUIRE(kFiles.size() > 20);
    return kFiles;
}

std::string code_of(std::string_view line) {
    std::string code;
    bool in_string = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (in_string && c == '\\') {
            ++i;
            continue;
        }
        if (c == '"') {
            in_string = !in_string;
            code += c;
            continue;
        }
        if (!in_string && c == '/' && i + 1 < line.size() && line[i + 1] == '/') {
            break;
        }
        if (!in_string) {
            code += c;
        }
    }
    return code;
}

void report(const std::vector<Finding>& findings) {
    for (const Finding& finding : findings) {
        FAIL_CHECK(finding.path, ":", finding.line, ": [", finding.rule, "] ", finding.what);
    }
    CHECK(findings.empty());
}

}  // namespace steward::tidy
