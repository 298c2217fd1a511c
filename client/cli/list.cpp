// client/cli: `steward list`: jobs by state, service, context, group or batch, page by page.
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>

#include "client/cli/exit_status.hpp"
#include "client/cli/filter_flags.hpp"
#include "client/cli/page_output.hpp"
#include "client/cli/verbs.hpp"

namespace steward::cli {

namespace {

struct ListWords {
    FilterFlags flags;
    std::uint64_t limit = 0;
};

int list(Console& console, const Settings& settings, const ListWords& words) {
    auto filter = words.flags.filter();
    if (!filter) {
        report_error(console, filter.error());
        return kUsage;
    }
    return show_pages(console, settings, {"list", std::move(*filter), 0, 0}, words.limit);
}

}  // namespace

void add_list(CLI::App& program, Invocation& invocation) {
    auto words = std::make_shared<ListWords>();
    CLI::App& verb = add_verb(program,
                              invocation,
                              "list",
                              "Lists jobs by their state, service, context, group or batch",
                              [words, &invocation](Console& console) {
                                  return list(console, invocation.settings, *words);
                              });
    verb.add_option("--state", words->flags.states, "several with commas between")
        ->type_name("ready|scheduled|blocked|active|succeeded|failed|dead|expired|cancelled")
        ->allow_extra_args(false);
    add_filter_flags(verb, words->flags);
    verb.add_option("--limit", words->limit, "at most so many; 0 for all")->capture_default_str();
}

}  // namespace steward::cli
