// client/cli: answers of jobs as they are printed: plain for people and pipes, or as JSON
// documents.
#pragma once

#include <optional>

#include "client/cli/settings.hpp"

namespace steward::cli {

/// JSON in several lines on a terminal and in one elsewhere; bytes as they are. With --json one
/// document, {"job": …, NAME: …}.
void print_answer(Console& console,
                  const Settings& settings,
                  const char* name,
                  const client::Answer& answer);

/// To standard error on a terminal, or a document with --json.
void print_progress(Console& console, const Settings& settings, const client::Progress& progress);

/// An answer as a value; null when there is none that can be read.
[[nodiscard]] nlohmann::json value_of(const client::Answer& answer);

}  // namespace steward::cli
