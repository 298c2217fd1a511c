// common/config: one setting, described once: where it is stored, what it may be, what it is for.
// Parsing, printing, range checks and the documents all come from this description.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"

namespace steward::config {

/// Where the value lives. What it holds when the schema is built is the default; of an optional one
/// that is nothing, and it is printed only when it holds something.
using Target = std::variant<bool*,
                            std::uint16_t*,
                            std::uint32_t*,
                            std::size_t*,
                            base::Duration*,
                            std::string*,
                            std::vector<std::string>*,
                            std::optional<bool>*,
                            std::optional<std::uint32_t>*,
                            std::optional<std::size_t>*,
                            std::optional<base::Duration>*,
                            std::optional<std::string>*>;

/// Says what is wrong with a text; called after the type is known to be right.
using TextCheck = base::Expected<void> (*)(std::string_view text);

struct Field {
    std::string key;
    Target target;
    std::string doc;             // one or two sentences, Markdown
    bool is_size = false;        // a std::size_t that counts bytes: written "64MiB"
    bool takes_numbers = false;  // a text that may be written as a whole number, without quotes
    bool is_reloadable = false;  // takes effect on SIGHUP; the others need a restart
    bool is_required = false;    // in a row: must be given
    bool is_secret = false;      // what was given is in no message
    std::uint64_t min = 0;       // of numbers; of durations in microseconds; of texts in bytes
    std::uint64_t max = std::numeric_limits<std::int64_t>::max();
    std::vector<std::string> words = {};  // of texts: the only ones allowed, when not empty
    TextCheck check = nullptr;            // of texts and of each text of a list
};

/// A value as a file or a flag gives it, before it is known what it should be.
using Given = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

/// Stores `given`, or says what is wrong and what is allowed. A refused value changes nothing.
/// Errors: BadConfig; the message starts with the value, or says that it is not shown.
[[nodiscard]] base::Expected<void> assign(const Field& field, const Given& given);
/// The same from the text of a flag or of the environment: numbers and true/false as words, lists
/// with commas.
[[nodiscard]] base::Expected<void> assign_text(const Field& field, const std::string& text);

/// The present value as TOML; empty: an optional one holds nothing.
[[nodiscard]] std::string value_text(const Field& field);
/// "a duration, 1ms to 1h" and the like.
[[nodiscard]] std::string allowed_text(const Field& field);

/// `text` as a TOML string with its quotes.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace steward::config
