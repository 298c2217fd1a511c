// common/config: reading TOML into a schema.
#include <algorithm>
#include <iterator>
#include <optional>

#include "common/base/assert.hpp"
#include "common/base/bytes.hpp"
#include "common/config/nearest.hpp"
#include "common/config/schema.hpp"
#include "common/config/toml.hpp"

namespace steward::config {
namespace {

constexpr std::size_t kComplaintsMax = 10;

// Collects what is wrong, each with its place.
struct Complaints {
    std::string file;
    std::string text;
    std::size_t count = 0;

    void add(const toml::source_position& at, std::string_view what) {
        if (++count > kComplaintsMax) {
            return;
        }
        text += text.empty() ? "" : "\n";
        text += place_of(file, at);
        text += what;
    }
};

std::optional<Given> given_of(const toml::node& node) {
    if (const auto* value = node.as_boolean()) {
        return Given(value->get());
    }
    if (const auto* value = node.as_integer()) {
        return Given(value->get());
    }
    if (const auto* value = node.as_floating_point()) {
        return Given(value->get());
    }
    if (const auto* value = node.as_string()) {
        return Given(value->get());
    }
    if (const auto* array = node.as_array()) {
        std::vector<std::string> texts;
        for (const toml::node& element : *array) {
            const auto* text = element.as_string();
            if (text == nullptr) {
                return std::nullopt;
            }
            texts.push_back(text->get());
        }
        return Given(std::move(texts));
    }
    return std::nullopt;
}

std::string unknown_text(std::string_view where,
                         std::string_view what,
                         std::string_view word,
                         const std::vector<std::string>& known) {
    std::string text(where);
    text += " has no ";
    text += what;
    text += " " + quoted(base::printable(word));
    const std::string guess = nearest(word, known);
    if (!guess.empty()) {
        text += "; did you mean " + quoted(guess) + "?";
        return text;
    }
    text += "; there are ";
    for (std::size_t i = 0; i < known.size(); ++i) {
        text += (i == 0 ? "" : ", ") + known[i];
    }
    return text;
}

// `row`: what a complaint about a value begins with, when its place alone says too little.
void read_fields(const toml::table& table,
                 const std::string& where,
                 const std::string& row,
                 const std::vector<Field>& fields,
                 Complaints& complaints) {
    for (const auto& [key, node] : table) {
        const auto field = std::ranges::find(fields, key.str(), &Field::key);
        if (field == fields.end()) {
            std::vector<std::string> known;
            std::ranges::transform(fields, std::back_inserter(known), &Field::key);
            complaints.add(key.source().begin, unknown_text(where, "setting", key.str(), known));
            continue;
        }
        const auto given = given_of(node);
        const auto assigned =
            given ? assign(*field, *given)
                  : base::Expected<void>(
                        base::fail(base::Errc::BadConfig, "allowed is " + allowed_text(*field)));
        if (!assigned) {
            complaints.add(node.source().begin,
                           row + field->key + " = " + assigned.error().message);
        }
    }
    for (const Field& field : fields) {
        if (field.is_required && !table.contains(field.key)) {
            complaints.add(table.source().begin, where + " needs " + quoted(field.key));
        }
    }
}

// A row by its name, or its number when it has none.
std::string row_text(const RowTable& rows, const toml::table& row, std::size_t number) {
    const auto* name = row["name"].as_string();
    return "[[" + rows.name + "]] " +
           (name != nullptr ? quoted(base::printable(name->get())) : std::to_string(number));
}

void read_rows(const toml::node& node, const RowTable& rows, Complaints& complaints) {
    const auto* array = node.as_array();
    if (array == nullptr || !array->is_array_of_tables()) {
        complaints.add(node.source().begin, "write [[" + rows.name + "]] with two brackets");
        return;
    }
    if (array->size() > rows.rows_max) {
        complaints.add(
            node.source().begin,
            "[[" + rows.name + "]] may stand at most " + std::to_string(rows.rows_max) + " times");
        return;
    }
    rows.clear();
    std::size_t number = 0;
    for (const toml::node& element : *array) {
        const std::string row = row_text(rows, *element.as_table(), ++number);
        read_fields(*element.as_table(), row, row + ": ", rows.fields, complaints);
        rows.take();
    }
}

void read_all(const toml::table& root, Schema& schema, Complaints& complaints) {
    for (const auto& [key, node] : root) {
        const auto section = std::ranges::find(schema.sections, key.str(), &Section::name);
        const auto rows = std::ranges::find(schema.tables, key.str(), &RowTable::name);
        if (rows != schema.tables.end()) {
            read_rows(node, *rows, complaints);
        } else if (std::ranges::count(schema.of_others, key.str()) > 0) {
            continue;
        } else if (section == schema.sections.end()) {
            std::vector<std::string> known;
            std::ranges::transform(schema.sections, std::back_inserter(known), &Section::name);
            std::ranges::transform(schema.tables, std::back_inserter(known), &RowTable::name);
            known.insert(known.end(), schema.of_others.begin(), schema.of_others.end());
            complaints.add(key.source().begin,
                           unknown_text("the file", "section", key.str(), known));
        } else if (const auto* table = node.as_table()) {
            read_fields(*table, "[" + section->name + "]", "", section->fields, complaints);
        } else {
            complaints.add(key.source().begin, "write [" + section->name + "] as a section");
        }
    }
}

}  // namespace

base::Expected<void> Schema::load(std::string_view text, const std::string& name) {
    Complaints complaints{.file = name, .text = {}, .count = 0};
    const auto root = parse_toml(text, name);
    if (!root) {
        return base::Unexpected(root.error());
    }
    read_all(*root, *this, complaints);
    if (complaints.count > kComplaintsMax) {
        complaints.text += "\n… and " + std::to_string(complaints.count - kComplaintsMax) + " more";
    }
    if (complaints.count > 0) {
        return base::fail(base::Errc::BadConfig, std::move(complaints.text));
    }
    return {};
}

base::Expected<void> Schema::load_file(const std::string& path) {
    return read_config_file(path).and_then(
        [&](const std::string& text) { return load(text, path); });
}

base::Expected<void> Schema::set(std::string_view path,
                                 const std::string& text,
                                 std::string_view origin) {
    for (const Section& section : sections) {
        for (const Field& field : section.fields) {
            if (path == section.name + "." + field.key) {
                auto assigned = assign_text(field, text);
                if (!assigned) {
                    std::string message(origin);
                    message += " (" + std::string(path) + ") = " + assigned.error().message;
                    return base::fail(base::Errc::BadConfig, std::move(message));
                }
                return {};
            }
        }
    }
    STEWARD_ASSERT(false);  // the caller named a setting that is not in the table
    return {};
}

}  // namespace steward::config
