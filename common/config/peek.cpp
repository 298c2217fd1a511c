#include "common/config/peek.hpp"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace steward::config {
namespace {

std::string place_of(const std::string& file, const toml::source_position& at) {
    return file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": ";
}

}  // namespace

base::Expected<std::vector<std::optional<std::string>>> read_texts(
    const std::string& file, const std::vector<std::string>& paths) {
    const toml::parse_result parsed = toml::parse_file(file);
    if (!parsed) {
        const auto& error = parsed.error();
        const bool is_read = static_cast<bool>(error.source().begin);
        return base::fail(
            is_read ? base::Errc::BadConfig : base::Errc::Io,
            is_read ? place_of(file, error.source().begin) + std::string(error.description())
                    : file + ": cannot be read");
    }
    std::vector<std::optional<std::string>> texts;
    for (const std::string& path : paths) {
        const auto node = parsed.table().at_path(path);
        if (!node) {
            texts.emplace_back();
        } else if (const auto* text = node.as_string()) {
            texts.emplace_back(text->get());
        } else {
            return base::fail(base::Errc::BadConfig,
                              place_of(file, node.node()->source().begin) + path + " is a text");
        }
    }
    return texts;
}

}  // namespace steward::config
