// common/manual: a program's page for `man`, made from the same description of its command line as
// its --help.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace steward::manual {

struct Page {
    int section = 1;
    std::vector<std::string> see_also;  // names with their sections, "steward.toml(5)"
};

/// The page: what the program is, its options, its verbs with theirs, and what the footers of its
/// help say. A line of a footer that begins with "Exit status:" or "From the environment:" begins
/// a part of its own.
[[nodiscard]] std::string page_of(const CLI::App& program, const Page& page);

/// Adds --print-manual, which is in no help: prints the page and ends the program as --version
/// does. Pre: `program` outlives its parsing.
void add_page(CLI::App& program, Page page);

/// The page of the files `name`, such as a configuration: `body` are the texts of roff.hpp.
[[nodiscard]] std::string page_of_file(const std::string& name,
                                       const std::string& summary,
                                       const std::string& body,
                                       const std::vector<std::string>& see_also);

}  // namespace steward::manual
