#include "gateway/params/percent.hpp"

#include "common/base/bytes.hpp"

namespace steward::gateway {

base::Unexpected unreadable(std::string_view what, std::size_t byte, const std::string& why) {
    std::string message = "the ";
    message += what;
    message += " cannot be read at byte " + std::to_string(byte) + ": " + why;
    return base::fail(base::Errc::BadParams, std::move(message));
}

base::Expected<std::string> percent_decoded(std::string_view text,
                                            Plus plus,
                                            std::string_view what,
                                            std::size_t at) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus == Plus::IsSpace) {
            out.push_back(' ');
        } else if (text[i] != '%') {
            out.push_back(text[i]);
        } else if (const auto byte = base::from_hex(text.substr(i + 1, 2));
                   byte && byte->size() == 1) {
            out += *byte;
            i += 2;
        } else {
            return unreadable(what,
                              at + i,
                              "\"" + base::printable(text.substr(i, 3)) +
                                  "\" is no escape; a percent sign itself is written %25");
        }
    }
    return out;
}

}  // namespace steward::gateway
