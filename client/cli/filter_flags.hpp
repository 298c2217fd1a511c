// client/cli: which jobs a verb is about, as flags.
#pragma once

#include <string>
#include <vector>

#include "client/control.hpp"
#include "common/base/expected.hpp"

namespace CLI {
class App;
}

namespace steward::cli {

struct FilterFlags {
    std::vector<std::string> jobs;    // ids, several with commas between
    std::vector<std::string> states;  // likewise
    std::string service;
    std::string context;
    std::string group;
    std::string batch;

    /// Errors: Malformed for an id, BadOption for a state.
    [[nodiscard]] base::Expected<client::Filter> filter() const;
};

/// --service, --context, --group and --batch.
void add_filter_flags(CLI::App& verb, FilterFlags& flags);

}  // namespace steward::cli
