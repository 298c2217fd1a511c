// common/config: a schema as a TOML file, as a page of the manual, and against another one.
#include "common/config/schema.hpp"

namespace steward::config {
namespace {

constexpr std::size_t kCommentColumns = 96;

// The text in lines that begin with "# ", broken at spaces.
std::string comment(std::string_view text) {
    std::string out;
    std::string line = "#";
    while (!text.empty()) {
        const std::size_t space = text.find(' ');
        const std::string_view word = text.substr(0, space);
        if (line.size() + 1 + word.size() > kCommentColumns) {
            out += line + "\n";
            line = "#";
        }
        line += ' ';
        line += word;
        text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    }
    return out + line + "\n";
}

std::string assignments(const std::vector<Field>& fields, bool comments) {
    std::string out;
    for (const Field& field : fields) {
        const std::string value = value_text(field);
        if (value.empty()) {
            continue;
        }
        if (comments) {
            out += "\n" + comment(field.doc);
        }
        out += field.key + " = " + value + "\n";
    }
    return out;
}

std::string rows_text(const RowTable& rows) {
    std::string out;
    for (std::size_t row = 0; rows.show(row); ++row) {
        out += "\n[[" + rows.name + "]]\n" + assignments(rows.fields, false);
    }
    return out;
}

std::string document_row(const Field& field, bool is_row) {
    std::string out = "| `" + field.key + "` | ";
    out += is_row ? (field.is_required ? "required" : "") : "`" + value_text(field) + "`";
    out += " | " + allowed_text(field) + " | ";
    out += is_row ? "" : field.is_reloadable ? "reload | " : "restart | ";
    return out + field.doc + " |\n";
}

}  // namespace

std::string Schema::print(bool comments) const {
    std::string out;
    for (const Section& section : sections) {
        out += out.empty() ? "" : "\n";
        out += comments ? comment(section.doc) : "";
        out += "[" + section.name + "]\n" + assignments(section.fields, comments);
    }
    for (const RowTable& rows : tables) {
        out += comments ? "\n" + comment(rows.doc) : "";
        out += rows_text(rows);
    }
    return out;
}

std::string Schema::document() const {
    std::string out;
    for (const Section& section : sections) {
        out += "## [" + section.name + "]\n\n" + section.doc + "\n\n";
        out += "| setting | default | allowed | changes on | what it is for |\n";
        out += "|---|---|---|---|---|\n";
        for (const Field& field : section.fields) {
            out += document_row(field, false);
        }
        out += "\n";
    }
    for (const RowTable& rows : tables) {
        out += "## [[" + rows.name + "]]\n\n" + rows.doc + "\n\n";
        if (rows.is_alias) {
            continue;
        }
        out += "| setting | | allowed | what it is for |\n|---|---|---|---|\n";
        for (const Field& field : rows.fields) {
            out += document_row(field, true);
        }
        out += "\n";
    }
    return out;
}

std::vector<Difference> Schema::differences_from(const Schema& before) const {
    std::vector<Difference> differences;
    for (std::size_t s = 0; s < sections.size(); ++s) {
        for (std::size_t f = 0; f < sections[s].fields.size(); ++f) {
            const Field& field = sections[s].fields[f];
            std::string was = value_text(before.sections[s].fields[f]);
            std::string is = value_text(field);
            if (was != is) {
                differences.push_back({sections[s].name + "." + field.key,
                                       std::move(was),
                                       std::move(is),
                                       field.is_reloadable});
            }
        }
    }
    for (std::size_t t = 0; t < tables.size(); ++t) {
        std::string was = rows_text(before.tables[t]);
        std::string is = rows_text(tables[t]);
        if (was != is) {
            differences.push_back({tables[t].name, std::move(was), std::move(is), true});
        }
    }
    return differences;
}

}  // namespace steward::config
