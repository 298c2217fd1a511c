// common/keys, inside: the section [key] of key files, its rules, and its text.
#pragma once

#include <string>
#include <string_view>

#include "common/config/schema.hpp"
#include "common/keys/client_keys.hpp"

namespace steward::keys {

/// Errors: BadConfig, saying what is allowed.
[[nodiscard]] base::Expected<void> check_key(std::string_view text);
/// Letters, digits and . _ - @: a name that is also a file's.
[[nodiscard]] base::Expected<void> check_name(std::string_view text);

/// The section of a public file, over `client`, which must stay where it is.
[[nodiscard]] config::Section key_section(ClientKey& client);

}  // namespace steward::keys
