// common/manual: a page for `man` as text: headings, paragraphs and entries in the language of
// man(7). Knows neither programs nor settings.
#pragma once

#include <string>
#include <string_view>

namespace steward::manual {

/// Text that `man` prints as it stands, whatever is in it. Lines stay lines.
[[nodiscard]] std::string plain(std::string_view text);
/// One that stands out, and one that stands for something else.
[[nodiscard]] std::string bold(std::string_view text);
[[nodiscard]] std::string italic(std::string_view text);
/// Words between backquotes are bold, as in Markdown; all else is plain.
[[nodiscard]] std::string marked(std::string_view text);

struct Title {
    std::string name;  // "steward-broker"
    int section = 1;
    std::string summary;  // what it is, in one line
};

/// The beginning of a page, with the version of this build.
[[nodiscard]] std::string beginning(const Title& title);
/// What follows are texts of the functions above.
[[nodiscard]] std::string heading(std::string_view text);
[[nodiscard]] std::string subheading(std::string_view text);
[[nodiscard]] std::string paragraph(std::string_view text);
/// The same where there is nothing to keep it apart from: behind a heading.
[[nodiscard]] std::string text(std::string_view text);
/// `what` in the margin, and beside or below it what is to be said of it.
[[nodiscard]] std::string entry(std::string_view what, std::string_view text);
/// "steward (1), steward.toml (5)".
[[nodiscard]] std::string reference(std::string_view name, int section);

}  // namespace steward::manual
