#include "client/cli/filter_flags.hpp"

#include <utility>

#include <CLI/CLI.hpp>

#include "client/cli/words.hpp"

namespace steward::cli {

void add_filter_flags(CLI::App& verb, FilterFlags& flags) {
    verb.add_option("--service", flags.service, "jobs of this service");
    verb.add_option("--context", flags.context, "jobs of this context");
    verb.add_option("--group", flags.group, "jobs of this group");
    verb.add_option("--batch", flags.batch, "jobs of this batch");
}

base::Expected<client::Filter> FilterFlags::filter() const {
    auto ids = ids_of(jobs);
    if (!ids) {
        return base::Unexpected(std::move(ids.error()));
    }
    auto named = states_of(states);
    if (!named) {
        return base::Unexpected(std::move(named.error()));
    }
    return client::Filter{std::move(*ids), std::move(*named), service, context, group, batch};
}

}  // namespace steward::cli
