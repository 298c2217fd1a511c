// common/config: single texts of a configuration, for programs that need a few of another program's
// settings. Nothing else of the file is checked.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/expected.hpp"

namespace steward::config {

/// For each path ("broker.data_dir") the text that the file gives it; nothing where it gives none.
/// Errors: BadConfig, with the place, when it is no TOML or the value no text; Io.
[[nodiscard]] base::Expected<std::vector<std::optional<std::string>>> read_texts(
    const std::string& file, const std::vector<std::string>& paths);

}  // namespace steward::config
