// tests/tidy: words that do not belong in a room or in the tree at all, and the shape of files.
#include <algorithm>
#include <regex>

#include <doctest/doctest.h>

#include "tests/tidy/source_tree.hpp"

namespace {

using steward::tidy::code_of;
using steward::tidy::Finding;
using steward::tidy::source_tree;
using steward::tidy::SourceFile;

constexpr std::size_t kLinesMax = 600;

/// Rooms in which time, chance and the system come in as values.
const std::vector<std::string_view>& pure_places() {
    static const std::vector<std::string_view> kPlaces = {"common/base/",
                                                          "common/model/",
                                                          "common/calendar/",
                                                          "common/wire/",
                                                          "common/access/grants",
                                                          "broker/core/",
                                                          "broker/app/node",
                                                          "broker/app/translate",
                                                          "broker/app/outbox",
                                                          "gateway/message/",
                                                          "gateway/params/",
                                                          "gateway/access/digest",
                                                          "gateway/access/origin",
                                                          "gateway/access/roles",
                                                          "gateway/access/sessions",
                                                          "gateway/access/site_headers",
                                                          "gateway/access/tokens",
                                                          "gateway/feed/",
                                                          "worker/session",
                                                          "worker/direct/front",
                                                          "worker/fastcgi/record",
                                                          "client/session",
                                                          "supervisor/policy/"};
    return kPlaces;
}

bool is_pure(const SourceFile& file) {
    return file.is_cpp() && std::any_of(pure_places().begin(),
                                        pure_places().end(),
                                        [&](auto place) { return file.path.starts_with(place); });
}

std::vector<Finding> find(const SourceFile& file,
                          std::string_view rule,
                          const std::regex& pattern,
                          bool code_only) {
    std::vector<Finding> findings;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        const std::string text = code_only ? code_of(file.lines[i]) : file.lines[i];
        std::smatch match;
        if (std::regex_search(text, match, pattern)) {
            findings.push_back({std::string(rule), file.path, i + 1, match.str()});
        }
    }
    return findings;
}

void append(std::vector<Finding>& all, std::vector<Finding> more) {
    all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

TEST_CASE("Pure rooms name no clock, environment, socket, log, thread or chance") {
    const std::regex words(
        R"(::now\(|\bgetenv\b|\bzmq\b|\bspdlog\b|\brandom_device\b|\bsleep_(for|until)\b)"
        R"(|\bstd::(thread|jthread|mutex|condition_variable|async|cout|cerr|ofstream|ifstream)\b)"
        R"(|#include <(thread|mutex|future|fstream|iostream|random|filesystem|unistd\.h)>)"
        R"(|#include <sys/)");
    std::vector<Finding> findings;
    std::size_t files = 0;
    for (const SourceFile& file : source_tree()) {
        if (is_pure(file)) {
            ++files;
            append(findings, find(file, "pure", words, true));
        }
    }
    CHECK(files > 10);
    steward::tidy::report(findings);
}

TEST_CASE("The core decides without floating point") {
    const std::regex words(R"(\b(double|float)\b)");
    std::vector<Finding> findings;
    for (const SourceFile& file : source_tree()) {
        if (file.is_cpp() && file.path.starts_with("broker/core/")) {
            append(findings, find(file, "no floating point", words, true));
        }
    }
    steward::tidy::report(findings);
}

TEST_CASE("Nothing is marked as unfinished") {
    // Written in halves so that this file does not find itself.
    const std::regex words(
        "\\b(TO"
        "DO|FIX"
        "ME|XX"
        "X)\\b|not imple"
        "mented");
    std::vector<Finding> findings;
    for (const SourceFile& file : source_tree()) {
        append(findings, find(file, "unfinished", words, false));
    }
    steward::tidy::report(findings);
}

TEST_CASE("No path of somebody's machine is in the tree") {
    const std::regex paths(R"((^|[\s"'(=])/(wo)"
                           R"(rk|ho)"
                           R"(me|fa)"
                           R"(rm|Us)"
                           R"(ers)/)");
    std::vector<Finding> findings;
    for (const SourceFile& file : source_tree()) {
        append(findings, find(file, "machine path", paths, false));
    }
    steward::tidy::report(findings);
}

TEST_CASE("A file of the program holds one idea: fewer than 600 lines") {
    std::vector<Finding> findings;
    for (const SourceFile& file : source_tree()) {
        if (file.is_cpp() && !file.is_test() && file.lines.size() >= kLinesMax) {
            findings.push_back(
                {"size", file.path, 0, std::to_string(file.lines.size()) + " lines: two ideas?"});
        }
    }
    steward::tidy::report(findings);
}

TEST_CASE("Each source of the program opens by saying which room it is in, or with its header") {
    std::vector<Finding> findings;
    for (const SourceFile& file : source_tree()) {
        if (!file.is_cpp() || file.is_test()) {
            continue;
        }
        const std::string first = file.lines.empty() ? "" : file.lines.front();
        const std::string header = file.path.substr(0, file.path.rfind('.')) + ".hpp";
        if (!first.starts_with("//") && first != "#include \"" + header + '"') {
            findings.push_back({"opening", file.path, 1, "no comment and not its own header"});
        }
        const bool guarded =
            std::find(file.lines.begin(), file.lines.end(), "#pragma once") != file.lines.end();
        if (file.is_header() && !guarded) {
            findings.push_back({"opening", file.path, 0, "a header without #pragma once"});
        }
    }
    steward::tidy::report(findings);
}

TEST_CASE("No test sleeps where it can wait for a condition") {
    const std::regex naps(R"(\b(sleep_for|sleep_until|usleep|nanosleep)\b)");
    std::vector<Finding> findings;
    for (const SourceFile& file : source_tree()) {
        const bool is_the_one_place = file.path == "tests/e2e/harness/wait_until.hpp";
        if (file.is_cpp() && file.is_test() && !is_the_one_place) {
            append(findings, find(file, "nap", naps, true));
        }
    }
    steward::tidy::report(findings);
}
