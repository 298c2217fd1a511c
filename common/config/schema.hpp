// common/config: all settings of one program as a table: sections of fields and lists of rows. The
// table reads files strictly, prints a complete file and writes the manual's page.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/field.hpp"

namespace steward::config {

struct Section {
    std::string name;  // "broker" is [broker]
    std::string doc;
    std::vector<Field> fields;
};

/// A repeated section, [[service]]. Its fields point into one scratch row.
struct RowTable {
    std::string name;
    std::string doc;
    std::vector<Field> fields;
    std::size_t rows_max = 0;
    bool is_alias = false;                  // its fields are those of another, documented there
    std::function<void()> clear;            // forgets all rows and empties the scratch row
    std::function<void()> take;             // appends the scratch row and empties it
    std::function<bool(std::size_t)> show;  // puts row n into the scratch row; false past the end
};

/// A setting that has another value now.
struct Difference {
    std::string path;  // "broker.bind", or "service" for a changed list of rows
    std::string before;
    std::string now;
    bool is_reloadable = false;
};

/// Points into one options object, which must stay where it is.
///
/// Thread: one.
class Schema {
public:
    std::vector<Section> sections;
    std::vector<RowTable> tables;
    /// What other programs read of the same file (shared_file.hpp): passed over here.
    std::vector<std::string> of_others;

    /// Reads a whole file or text into the options. Strict: a key or section nobody knows, a wrong
    /// type, a missing unit or a value out of range is refused. On an error the options are in
    /// between and must be thrown away.
    /// Errors: BadConfig, "file:line:column: what, and what is allowed", up to ten lines of them;
    ///         Io when the file cannot be read.
    [[nodiscard]] base::Expected<void> load_file(const std::string& path);
    [[nodiscard]] base::Expected<void> load(std::string_view text, const std::string& name);

    /// One value from elsewhere; `origin` ("--bind", "HEARTBEAT_INTERVAL") names it in the error.
    /// Pre: `path` ("broker.bind") exists.
    [[nodiscard]] base::Expected<void> set(std::string_view path,
                                           const std::string& text,
                                           std::string_view origin);

    /// A complete TOML file with the present values; with `comments` also what each is for.
    [[nodiscard]] std::string print(bool comments) const;
    /// Markdown tables of every setting, its default (the present value) and what is allowed.
    [[nodiscard]] std::string document() const;
    /// The same for a page of `man`, in the texts of common/manual/roff.hpp.
    [[nodiscard]] std::string manual() const;
    /// What differs from `before`, a schema of the same table over other options.
    [[nodiscard]] std::vector<Difference> differences_from(const Schema& before) const;
};

/// Whatever a file may hold; more is refused unread.
inline constexpr std::size_t kFileBytesMax = 1U << 20U;

}  // namespace steward::config
