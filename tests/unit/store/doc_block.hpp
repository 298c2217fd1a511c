// tests: the examples of docs/journal-format.md as bytes.
#pragma once

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "common/base/bytes.hpp"

namespace steward::store::testing {

/// The bytes of the block of this name, without what stands behind a ';'.
inline std::string bytes_of_block(const std::string& name) {
    std::ifstream file(STEWARD_SOURCE_DIR "/docs/journal-format.md");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::size_t begin = text.find("```hex " + name + "\n");
    REQUIRE(begin != std::string::npos);
    std::istringstream block(text.substr(begin, text.find("```", begin + 3) - begin));
    std::string line;
    std::getline(block, line);
    std::string hex;
    while (std::getline(block, line)) {
        for (const char c : line.substr(0, line.find(';'))) {
            hex += c == ' ' ? "" : std::string(1, c);
        }
    }
    const auto bytes = base::from_hex(hex);
    REQUIRE(bytes.has_value());
    return *bytes;
}

}  // namespace steward::store::testing
