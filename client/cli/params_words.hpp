// client/cli: the words after the service's name, made into params. The forms are documented in
// docs/command-line.md.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

#include "common/base/expected.hpp"
#include "common/model/job.hpp"

namespace steward::cli {

/// No words: no params. One word: JSON text, `@file`, `-` for `input`, or a pair. Several: pairs
/// `key=value` and `key:=json`, which become one JSON object.
/// Errors: BadParams, saying which word and what is allowed; TooLarge; Io for a file.
[[nodiscard]] base::Expected<model::Payload> params_from_words(std::span<const std::string> words,
                                                               std::istream& input);

}  // namespace steward::cli
