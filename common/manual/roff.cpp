#include "common/manual/roff.hpp"

#include <algorithm>
#include <cctype>

namespace steward::manual {
namespace {

std::string in_font(char font, std::string_view text) {
    std::string out = "\\f";
    out += font;
    out += plain(text);
    out += "\\fR";
    return out;
}

// A line of text must not begin as a request does.
std::string lines(std::string_view text) {
    std::string out;
    bool is_begin = true;
    for (const char c : text) {
        if (is_begin && (c == '.' || c == '\'')) {
            out += "\\&";
        }
        is_begin = c == '\n';
        out += c;
    }
    return out;
}

// Empty lines and spaces before a line would be said to be mistakes.
std::string tidy(std::string_view text) {
    std::string out;
    bool is_begin = true;
    for (const char c : text) {
        if (is_begin && (c == ' ' || c == '\n')) {
            continue;
        }
        is_begin = c == '\n';
        out += c;
    }
    while (out.ends_with('\n') || out.ends_with(' ')) {
        out.pop_back();
    }
    return lines(out) + "\n";
}

std::string request(std::string_view name, std::string_view text) {
    std::string out = ".";
    out += name;
    out += ' ';
    out += text;
    std::replace(out.begin() + 1, out.end(), '\n', ' ');
    return out + "\n";
}

}  // namespace

std::string plain(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '\\': out += "\\e"; break;
            case '-': out += "\\-"; break;
            case '^': out += "\\(ha"; break;
            case '~': out += "\\(ti"; break;
            case '`': out += "\\(ga"; break;
            case '\'': out += "\\(aq"; break;
            case '"':
                out += "\\(dq";  // also where it would end an argument
                break;
            default: out += c;
        }
    }
    return out;
}

std::string bold(std::string_view text) {
    return in_font('B', text);
}

std::string italic(std::string_view text) {
    return in_font('I', text);
}

std::string marked(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t open = text.find('`');
        const std::size_t close = open == std::string_view::npos ? open : text.find('`', open + 1);
        if (close == std::string_view::npos) {
            break;
        }
        out += plain(text.substr(0, open)) + bold(text.substr(open + 1, close - open - 1));
        text.remove_prefix(close + 1);
    }
    return out + plain(text);
}

std::string beginning(const Title& title) {
    std::string name = title.name;
    std::ranges::transform(
        name, name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return request("TH",
                   plain(name) + ' ' + std::to_string(title.section) +
                       " " STEWARD_RELEASED " \"steward " STEWARD_VERSION "\" Steward") +
           heading("NAME") + lines(plain(title.name) + " \\- " + plain(title.summary)) + "\n";
}

std::string heading(std::string_view text) {
    return request("SH", text);
}

std::string subheading(std::string_view text) {
    return request("SS", text);
}

std::string paragraph(std::string_view text) {
    return ".PP\n" + tidy(text);
}

std::string text(std::string_view text) {
    return tidy(text);
}

std::string entry(std::string_view what, std::string_view text) {
    return ".TP\n" + tidy(what) + tidy(text);
}

std::string reference(std::string_view name, int section) {
    return bold(name) + "(" + std::to_string(section) + ")";
}

}  // namespace steward::manual
