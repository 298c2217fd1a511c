// common/config: text to TOML tables; the door to toml++ for this folder's sources.
#pragma once

#include <string>
#include <string_view>

#include "common/base/expected.hpp"

namespace steward::config {

/// Instead of toml++'s assertions: 3.3 has one that a text with "[[=" in it meets.
[[noreturn]] void parser_stumbled();

}  // namespace steward::config

#define TOML_EXCEPTIONS 0
#define TOML_ASSERT(expression) \
    ((expression) ? static_cast<void>(0) : ::steward::config::parser_stumbled())
#include <toml++/toml.h>

namespace steward::config {

/// "file:line:column: "
[[nodiscard]] std::string place_of(const std::string& file, const toml::source_position& at);

/// Total on any text. Errors: BadConfig, with the place.
[[nodiscard]] base::Expected<toml::table> parse_toml(std::string_view text,
                                                     const std::string& name);

/// The whole file. Errors: Io; BadConfig for more than kFileBytesMax (schema.hpp).
[[nodiscard]] base::Expected<std::string> read_config_file(const std::string& path);

}  // namespace steward::config
