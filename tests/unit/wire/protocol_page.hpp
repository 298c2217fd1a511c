// tests: docs/protocol.md, or another page, as data: its marked blocks and its tables.
#pragma once

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "common/base/bytes.hpp"
#include "common/wire/frames.hpp"

namespace steward::wire::test {

class ProtocolPage {
public:
    struct Block {
        std::string kind;  // "hex", "hex-read", "frames"
        std::vector<std::string> lines;
    };

    using Row = std::vector<std::string>;  // the cells of one line of a table

    explicit ProtocolPage(const std::string& name = "protocol.md") {
        std::ifstream file(STEWARD_SOURCE_DIR "/docs/" + name);
        REQUIRE(file.is_open());
        std::string line;
        Block* open = nullptr;
        std::string heading;
        while (std::getline(file, line)) {
            if (line.starts_with("```")) {
                open = open == nullptr ? begin_block(line) : nullptr;
            } else if (open != nullptr) {
                open->lines.push_back(line);
            } else if (line.starts_with("#")) {
                heading = line.substr(line.find(' ') + 1);
            } else if (line.starts_with("| ")) {
                tables_[heading].push_back(cells(line));
            }
        }
        REQUIRE(open == nullptr);
    }

    [[nodiscard]] const std::map<std::string, Block>& blocks() const { return blocks_; }

    /// The rows under a heading, but for that with the columns' names.
    [[nodiscard]] std::vector<Row> table(const std::string& heading) const {
        CAPTURE(heading);
        const auto found = tables_.find(heading);
        REQUIRE(found != tables_.end());
        return {found->second.begin() + 1, found->second.end()};
    }

    [[nodiscard]] Frames frames(const std::string& name) const {
        CAPTURE(name);
        const auto found = blocks_.find(name);
        REQUIRE(found != blocks_.end());
        return found->second.kind == "frames" ? quoted_frames(found->second)
                                              : hex_frames(found->second);
    }

private:
    // "```hex NAME"
    Block* begin_block(const std::string& line) {
        std::istringstream words(line.substr(3));
        std::string kind;
        std::string name;
        words >> kind >> name;
        CAPTURE(line);
        REQUIRE_FALSE(name.empty());
        const auto [place, is_new] = blocks_.emplace(name, Block{kind, {}});
        REQUIRE(is_new);
        return &place->second;
    }

    static Row cells(const std::string& line) {
        Row row;
        std::istringstream text(line.substr(1));
        std::string cell;
        while (std::getline(text, cell, '|')) {
            const std::size_t first = cell.find_first_not_of(' ');
            const std::size_t last = cell.find_last_not_of(' ');
            row.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
        }
        return row;
    }

    // Bytes up to a semicolon; "--" begins the next frame.
    static Frames hex_frames(const Block& block) {
        std::vector<std::string> hex(1);
        for (const std::string& line : block.lines) {
            if (line == "--") {
                hex.emplace_back();
                continue;
            }
            std::string digits = line.substr(0, line.find(';'));
            std::erase(digits, ' ');
            hex.back() += digits;
        }
        Frames frames;
        for (const std::string& one : hex) {
            const auto bytes = base::from_hex(one);
            REQUIRE(bytes.has_value());
            frames.push_back(base::Blob::copy(*bytes));
        }
        return frames;
    }

    // One string a line, with \" and \xNN.
    static Frames quoted_frames(const Block& block) {
        Frames frames;
        for (const std::string& line : block.lines) {
            CAPTURE(line);
            REQUIRE((line.size() >= 2 && line.front() == '"' && line.back() == '"'));
            std::string bytes;
            for (std::size_t i = 1; i + 1 < line.size(); ++i) {
                if (line[i] != '\\') {
                    bytes += line[i];
                } else if (line[i + 1] == 'x') {
                    bytes += base::from_hex(line.substr(i + 2, 2)).value();
                    i += 3;
                } else {
                    bytes += line[++i];
                }
            }
            frames.push_back(base::Blob::copy(bytes));
        }
        return frames;
    }

    std::map<std::string, Block> blocks_;
    std::map<std::string, std::vector<Row>> tables_;
};

}  // namespace steward::wire::test
