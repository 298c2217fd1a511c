// client/cli: which events somebody wants to see, and how one is shown. Values in, text out.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/base/expected.hpp"

namespace steward::cli {

/// What is empty does not count; all else must hold. Events are objects of docs/events.md.
struct EventFilter {
    std::set<std::string> services = {};
    std::set<std::string> events = {};  // EXECUTE_START, …
    std::set<std::string> jobs = {};    // ids as text, lower case
    std::string context = {};
    std::string group = {};
    std::string batch = {};

    [[nodiscard]] bool lets_through(const nlohmann::json& event) const;
    /// Prefixes that let through at least what this does; none: everything.
    [[nodiscard]] std::vector<std::string> topics() const;
};

/// Names of events in any case, several with commas between. Errors: BadOption, naming those there
/// are.
[[nodiscard]] base::Expected<std::set<std::string>> events_of(
    const std::vector<std::string>& words);

/// One line without its end: when, what, of which job, and what else there is to say.
[[nodiscard]] std::string event_line(const nlohmann::json& event, bool has_colours);

}  // namespace steward::cli
