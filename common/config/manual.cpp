// common/config: a schema as a part of the file's page for `man`.
#include "common/config/schema.hpp"
#include "common/manual/roff.hpp"

namespace steward::config {
namespace {

using manual::bold;
using manual::marked;
using manual::plain;

std::string facts_of(const Field& field, bool is_row) {
    std::string out = "Allowed: " + plain(allowed_text(field)) + ".";
    if (is_row) {
        return out + (field.is_required ? "\nRequired." : "");
    }
    const std::string value = value_text(field);
    out += "\nDefault: " + (value.empty() ? "none" : bold(value)) + ".";
    return out + (field.is_reloadable ? "\nRead again on SIGHUP." : "\nA change needs a restart.");
}

std::string entries(const std::vector<Field>& fields, bool is_row) {
    std::string out;
    for (const Field& field : fields) {
        out += manual::entry(bold(field.key), marked(field.doc) + "\n" + facts_of(field, is_row));
    }
    return out;
}

}  // namespace

std::string Schema::manual() const {
    std::string out;
    for (const Section& section : sections) {
        out += manual::subheading("[" + plain(section.name) + "]");
        out += manual::text(marked(section.doc)) + entries(section.fields, false);
    }
    for (const RowTable& rows : tables) {
        out += manual::subheading("[[" + plain(rows.name) + "]]");
        out += manual::text(marked(rows.doc));
        out += rows.is_alias ? "" : entries(rows.fields, true);
    }
    return out;
}

}  // namespace steward::config
