// common/config: single texts of a configuration, for programs that need a few of another program's
// settings. Nothing else of the file is checked.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/expected.hpp"

namespace steward::config {

/// For each path ("broker.data_dir") the text that the file gives it; nothing where it gives none.
/// Errors: BadConfig, with the place, when it is no TOML or the value no text; Io.
[[nodiscard]] base::Expected<std::vector<std::optional<std::string>>> read_texts(
    const std::string& file, const std::vector<std::string>& paths);

/// The same of a whole file's text, of values of any type: numbers and true/false as words, a
/// list's texts with commas between. `name` is for messages. Errors: BadConfig, when it is no TOML.
[[nodiscard]] base::Expected<std::vector<std::string>> values_in(
    std::string_view text, const std::string& name, const std::vector<std::string>& paths);

}  // namespace steward::config
