// tests/e2e: see screen.hpp.
#include "tests/e2e/harness/screen.hpp"

#include <algorithm>

namespace steward::e2e {

namespace {

/// How many bytes the character has that begins with this one.
std::size_t length_of(char first) {
    const auto byte = static_cast<unsigned char>(first);
    return byte < 0x80U ? 1 : byte < 0xE0U ? 2 : byte < 0xF0U ? 3 : 4;
}

}  // namespace

void Screen::resize(std::size_t rows, std::size_t columns) {
    cells_.assign(rows, std::vector<std::string>(columns, " "));
    row_ = 0;
    column_ = 0;
}

void Screen::feed(std::string_view bytes) {
    std::string all = std::move(pending_);
    all += bytes;
    pending_.clear();
    for (std::size_t at = 0; at < all.size();) {
        const std::string_view rest = std::string_view(all).substr(at);
        std::size_t length = length_of(rest.front());
        if (rest.front() == '\x1b') {
            const std::size_t end = rest.find_first_not_of("0123456789;?", 2);
            length = rest.size() < 3 || end == std::string_view::npos ? rest.size() + 1 : end + 1;
        }
        if (length > rest.size()) {
            pending_ = rest;
            return;
        }
        if (rest.front() == '\x1b') {
            faults_ += rest[1] == '[' ? 0U : 1U;
            obey(rest.substr(2, length - 3), rest[length - 1]);
        } else if (rest.front() == '\r') {
            column_ = 0;
        } else if (rest.front() == '\n') {
            faults_ += row_ + 1 < cells_.size() ? 0U : 1U;
            row_ = std::min(row_ + 1, cells_.size() - 1);
        } else {
            put(rest.substr(0, length));
        }
        at += length;
    }
}

void Screen::put(std::string_view character) {
    if (column_ >= cells_[row_].size()) {
        ++faults_;
        return;
    }
    cells_[row_][column_++] = character;
}

void Screen::obey(std::string_view parameters, char command) {
    const bool is_on = command == 'h';
    if (command == 'm') {
        return;  // colours
    }
    if (command == 'H' && parameters.empty()) {
        row_ = 0;
        column_ = 0;
    } else if (command == 'K' && parameters.empty()) {
        erase(row_, column_);
    } else if (command == 'J' && parameters.empty()) {
        erase(row_, column_);
        for (std::size_t row = row_ + 1; row < cells_.size(); ++row) {
            erase(row, 0);
        }
    } else if ((is_on || command == 'l') && parameters == "?1049") {
        is_alternate_ = is_on;
    } else if ((is_on || command == 'l') && parameters == "?25") {
        is_cursor_hidden_ = !is_on;
    } else {
        ++faults_;
    }
}

void Screen::erase(std::size_t row, std::size_t column) {
    std::vector<std::string>& cells = cells_[row];
    std::fill(cells.begin() + static_cast<std::ptrdiff_t>(std::min(column, cells.size())),
              cells.end(),
              " ");
}

std::vector<std::string> Screen::lines() const {
    std::vector<std::string> lines;
    for (const std::vector<std::string>& row : cells_) {
        std::string& line = lines.emplace_back();
        for (const std::string& cell : row) {
            line += cell;
        }
        line.resize(line.find_last_not_of(' ') + 1);
    }
    return lines;
}

std::string Screen::text() const {
    std::string text;
    for (const std::string& line : lines()) {
        text += line + '\n';
    }
    return text;
}

std::string Screen::line_with(std::string_view part) const {
    for (std::string& line : lines()) {
        if (line.find(part) != std::string::npos) {
            return std::move(line);
        }
    }
    return {};
}

}  // namespace steward::e2e
