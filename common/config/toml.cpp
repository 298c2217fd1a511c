#include "common/config/toml.hpp"

#include <algorithm>
#include <fstream>
#include <utility>
#include <vector>

#include "common/config/schema.hpp"

namespace steward::config {
namespace {

struct Stumbled {};

bool stumbles(std::string_view text) {
    try {
        (void)toml::parse(text);
        return false;
    } catch (const Stumbled&) {
        return true;
    }
}

// The parser stumbles at the first such line it comes to, so over each text that holds this line.
std::uint32_t line_of_fault(std::string_view text) {
    std::vector<std::size_t> ends;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n') {
            ends.push_back(i);
        }
    }
    const auto first = std::partition_point(
        ends.begin(), ends.end(), [&](std::size_t end) { return !stumbles(text.substr(0, end)); });
    return static_cast<std::uint32_t>(first - ends.begin() + 1);
}

}  // namespace

void parser_stumbled() {
    throw Stumbled{};
}

std::string place_of(const std::string& file, const toml::source_position& at) {
    return file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": ";
}

base::Expected<toml::table> parse_toml(std::string_view text, const std::string& name) {
    try {
        toml::parse_result parsed = toml::parse(text, std::string_view(name));
        if (parsed) {
            return std::move(parsed).table();
        }
        std::string message = place_of(name, parsed.error().source().begin);
        message += parsed.error().description();
        return base::fail(base::Errc::BadConfig, std::move(message));
    } catch (const Stumbled&) {
        return base::fail(base::Errc::BadConfig,
                          place_of(name, {line_of_fault(text), 1}) +
                              "a section's header is a name in brackets, [broker] or [[service]]");
    }
}

base::Expected<std::string> read_config_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text(kFileBytesMax + 1, '\0');
    if (!file.is_open() ||
        file.read(text.data(), static_cast<std::streamsize>(text.size())).bad()) {
        return base::fail(base::Errc::Io, path + ": cannot be read");
    }
    if (static_cast<std::size_t>(file.gcount()) > kFileBytesMax) {
        return base::fail(base::Errc::BadConfig, path + ": a configuration has at most 1 MiB");
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

}  // namespace steward::config
