// tests/tidy: the source tree as text, for the rules that a compiler does not check.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace steward::tidy {

struct SourceFile {
    std::string path;  // from the root of the tree, with '/'
    std::vector<std::string> lines;

    [[nodiscard]] bool is_cpp() const;

    [[nodiscard]] bool is_header() const { return path.ends_with(".hpp"); }

    [[nodiscard]] bool is_test() const { return path.starts_with("tests/"); }
};

/// Every file that people wrote: sources, scripts, build files, configuration and documents.
[[nodiscard]] const std::vector<SourceFile>& source_tree();

/// `line` without its comment and without what stands in string literals (the quotes stay).
[[nodiscard]] std::string code_of(std::string_view line);

/// One broken rule. `line` counts from 1; 0 means the whole file.
struct Finding {
    std::string rule;
    std::string path;
    std::size_t line = 0;
    std::string what;
};

/// Fails the test case with one message for each finding: "path:line: [rule] what".
void report(const std::vector<Finding>& findings);

}  // namespace steward::tidy
