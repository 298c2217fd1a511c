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

}  // namespace steward::config
