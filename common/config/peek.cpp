#include "common/config/peek.hpp"

#include "common/config/toml.hpp"

namespace steward::config {

base::Expected<std::vector<std::optional<std::string>>> read_texts(
    const std::string& file, const std::vector<std::string>& paths) {
    const auto root = read_config_file(file).and_then(
        [&](const std::string& text) { return parse_toml(text, file); });
    if (!root) {
        return base::Unexpected(root.error());
    }
    std::vector<std::optional<std::string>> texts;
    for (const std::string& path : paths) {
        const auto node = root->at_path(path);
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

namespace {

std::string word_of(const toml::node& node) {
    if (const auto* text = node.as_string()) {
        return text->get();
    }
    if (const auto* number = node.as_integer()) {
        return std::to_string(number->get());
    }
    if (const auto* flag = node.as_boolean()) {
        return flag->get() ? "true" : "false";
    }
    std::string words;
    if (const auto* list = node.as_array()) {
        for (const toml::node& one : *list) {
            words += (words.empty() ? "" : ",") + one.value_or(std::string());
        }
    }
    return words;
}

}  // namespace

base::Expected<std::vector<std::string>> values_in(std::string_view text,
                                                   const std::string& name,
                                                   const std::vector<std::string>& paths) {
    const auto root = parse_toml(text, name);
    if (!root) {
        return base::Unexpected(root.error());
    }
    std::vector<std::string> values;
    for (const std::string& path : paths) {
        const auto node = root->at_path(path);
        values.push_back(node ? word_of(*node.node()) : std::string());
    }
    return values;
}

}  // namespace steward::config
