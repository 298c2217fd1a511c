// tests/e2e: what a terminal shows after some bytes: a grid of characters, the few control
// sequences that full-screen programs need, and a note of each thing that would spoil the picture.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace steward::e2e {

class Screen {
public:
    Screen(std::size_t rows, std::size_t columns) { resize(rows, columns); }

    void feed(std::string_view bytes);
    /// Empties it; what a program drew for another size means nothing.
    void resize(std::size_t rows, std::size_t columns);

    /// Each row without blanks at its end.
    [[nodiscard]] std::vector<std::string> lines() const;
    /// All rows as one text.
    [[nodiscard]] std::string text() const;
    /// The first row that contains `part`; empty when none does.
    [[nodiscard]] std::string line_with(std::string_view part) const;

    [[nodiscard]] bool is_alternate() const { return is_alternate_; }

    [[nodiscard]] bool is_cursor_hidden() const { return is_cursor_hidden_; }

    /// How often text went beyond the last column or the last row, or a sequence was not
    /// understood.
    [[nodiscard]] std::size_t faults() const { return faults_; }

private:
    void put(std::string_view character);
    void obey(std::string_view parameters, char command);
    void erase(std::size_t row, std::size_t column);

    std::vector<std::vector<std::string>> cells_;
    std::size_t row_ = 0;
    std::size_t column_ = 0;
    std::string pending_;  // the beginning of a sequence or of a character
    bool is_alternate_ = false;
    bool is_cursor_hidden_ = false;
    std::size_t faults_ = 0;
};

}  // namespace steward::e2e
