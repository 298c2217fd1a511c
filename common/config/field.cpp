#include "common/config/field.hpp"

#include <algorithm>

#include "common/base/bytes.hpp"
#include "common/base/whole_number.hpp"
#include "common/config/units.hpp"

namespace steward::config {
namespace {

template <class... Fs>
struct Overloaded : Fs... {
    using Fs::operator()...;
};

template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;  // clang 14 does not deduce it for aggregates

base::Unexpected refuse(std::string message) {
    return base::fail(base::Errc::BadConfig, std::move(message));
}

std::string joined(const std::vector<std::string>& texts, std::string_view between) {
    std::string out;
    for (const std::string& text : texts) {
        out += out.empty() ? "" : between;
        out += text;
    }
    return out;
}

std::string quoted_list(const std::vector<std::string>& texts) {
    std::vector<std::string> quotes;
    quotes.reserve(texts.size());
    for (const std::string& text : texts) {
        quotes.push_back(quoted(text));
    }
    return "[" + joined(quotes, ", ") + "]";
}

// A number in the unit of its field, for messages and documents.
std::string number_text(const Field& field, std::uint64_t number) {
    if (std::holds_alternative<base::Duration*>(field.target)) {
        return duration_text(base::Duration(static_cast<base::Duration::rep>(number)));
    }
    return field.is_size ? size_text(number) : std::to_string(number);
}

std::string shown(const Field& field, const Given& given) {
    if (field.is_secret) {
        return "(not shown)";
    }
    return std::visit(
        Overloaded{[](bool value) { return std::string(value ? "true" : "false"); },
                   [](std::int64_t value) { return std::to_string(value); },
                   [](double value) { return std::to_string(value); },
                   [](const std::string& value) { return quoted(base::printable(value)); },
                   [](const std::vector<std::string>& value) {
                       return base::printable(quoted_list(value));
                   }},
        given);
}

base::Unexpected refuse_value(const Field& field, const Given& given) {
    std::string message = shown(field, given);
    message += ": allowed is ";
    message += allowed_text(field);
    return refuse(std::move(message));
}

bool is_in_range(const Field& field, std::uint64_t number) {
    return number >= field.min && number <= field.max;
}

// The number that `given` stands for in this field: a size or duration from its text, a plain
// number from a number.
std::optional<std::uint64_t> number_of(const Field& field, const Given& given) {
    if (std::holds_alternative<base::Duration*>(field.target) || field.is_size) {
        const auto* text = std::get_if<std::string>(&given);
        if (text == nullptr) {
            return std::nullopt;
        }
        if (field.is_size) {
            return parse_size(*text);
        }
        const auto duration = parse_duration(*text);
        return duration ? std::optional(static_cast<std::uint64_t>(duration->count()))
                        : std::nullopt;
    }
    const auto* number = std::get_if<std::int64_t>(&given);
    return number != nullptr && *number >= 0 ? std::optional(static_cast<std::uint64_t>(*number))
                                             : std::nullopt;
}

template <class Integer>
base::Expected<void> assign_number(const Field& field, const Given& given, Integer* target) {
    const auto number = number_of(field, given);
    if (!number || !is_in_range(field, *number) ||
        *number > static_cast<std::uint64_t>(std::numeric_limits<Integer>::max())) {
        return refuse_value(field, given);
    }
    *target = static_cast<Integer>(*number);
    return {};
}

base::Expected<void> check_text(const Field& field, const std::string& text) {
    const bool is_word = std::ranges::find(field.words, text) != field.words.end();
    if (!field.words.empty() && !is_word) {
        return refuse_value(field, text);
    }
    if (field.words.empty() && !is_in_range(field, text.size())) {
        return refuse_value(field, text);
    }
    if (field.check != nullptr) {
        if (auto checked = field.check(text); !checked) {
            return refuse(shown(field, text) + ": " + checked.error().message);
        }
    }
    return {};
}

base::Expected<void> assign_text_value(const Field& field,
                                       const Given& given,
                                       std::string* target) {
    std::string value;
    const auto* number = std::get_if<std::int64_t>(&given);
    if (const auto* text = std::get_if<std::string>(&given)) {
        value = *text;
    } else if (field.takes_numbers && number != nullptr) {
        value = std::to_string(*number);
    } else {
        return refuse_value(field, given);
    }
    auto checked = check_text(field, value);
    if (checked) {
        *target = std::move(value);
    }
    return checked;
}

base::Expected<void> assign_list(const Field& field,
                                 const Given& given,
                                 std::vector<std::string>* target) {
    const auto* texts = std::get_if<std::vector<std::string>>(&given);
    if (texts == nullptr) {
        return refuse_value(field, given);
    }
    for (const std::string& text : *texts) {
        if (auto checked = check_text(field, text); !checked) {
            return checked;
        }
    }
    *target = *texts;
    return {};
}

// The same field over a value that is always there.
template <class T>
Field over(const Field& field, T& value) {
    Field inner = field;
    inner.target = &value;
    return inner;
}

template <class T>
base::Expected<void> assign_optional(const Field& field,
                                     const Given& given,
                                     std::optional<T>* target) {
    T value{};
    auto assigned = assign(over(field, value), given);
    if (assigned) {
        *target = std::move(value);
    }
    return assigned;
}

}  // namespace

base::Expected<void> assign(const Field& field, const Given& given) {
    return std::visit(
        Overloaded{
            [&](bool* target) -> base::Expected<void> {
                const auto* value = std::get_if<bool>(&given);
                if (value == nullptr) {
                    return refuse_value(field, given);
                }
                *target = *value;
                return {};
            },
            [&](std::uint16_t* target) { return assign_number(field, given, target); },
            [&](std::uint32_t* target) { return assign_number(field, given, target); },
            [&](std::size_t* target) { return assign_number(field, given, target); },
            [&](base::Duration* target) -> base::Expected<void> {
                std::int64_t microseconds = 0;
                auto assigned = assign_number(field, given, &microseconds);
                if (assigned) {
                    *target = base::Duration(microseconds);
                }
                return assigned;
            },
            [&](std::string* target) { return assign_text_value(field, given, target); },
            [&](std::vector<std::string>* target) { return assign_list(field, given, target); },
            [&]<class T>(std::optional<T>* target) {
                return assign_optional(field, given, target);
            }},
        field.target);
}

namespace {

std::vector<std::string> between_commas(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        const std::size_t comma = text.find(',');
        words.emplace_back(text.substr(0, comma));
        text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    }
    return words;
}

}  // namespace

base::Expected<void> assign_text(const Field& field, const std::string& text) {
    const bool is_number = std::holds_alternative<std::uint16_t*>(field.target) ||
                           std::holds_alternative<std::uint32_t*>(field.target) ||
                           (std::holds_alternative<std::size_t*>(field.target) && !field.is_size);
    if (is_number) {
        const auto number = base::parse_whole<std::int64_t>(text);
        return number ? assign(field, *number) : assign(field, text);
    }
    if (std::holds_alternative<bool*>(field.target) && (text == "true" || text == "false")) {
        return assign(field, text == "true");
    }
    if (std::holds_alternative<std::vector<std::string>*>(field.target)) {
        return assign(field, between_commas(text));
    }
    return assign(field, text);
}

std::string value_text(const Field& field) {
    return std::visit(
        Overloaded{[](const bool* value) { return std::string(*value ? "true" : "false"); },
                   [](const std::uint16_t* value) { return std::to_string(*value); },
                   [](const std::uint32_t* value) { return std::to_string(*value); },
                   [&](const std::size_t* value) {
                       return field.is_size ? quoted(size_text(*value)) : std::to_string(*value);
                   },
                   [](const base::Duration* value) { return quoted(duration_text(*value)); },
                   [](const std::string* value) { return quoted(*value); },
                   [](const std::vector<std::string>* value) { return quoted_list(*value); },
                   [&]<class T>(std::optional<T>* value) {
                       return *value ? value_text(over(field, **value)) : std::string();
                   }},
        field.target);
}

std::string allowed_text(const Field& field) {
    if (!field.words.empty()) {
        std::vector<std::string> quotes;
        std::ranges::transform(field.words, std::back_inserter(quotes), quoted);
        return joined(quotes, ", ");
    }
    const std::string range =
        number_text(field, field.min) + " to " + number_text(field, field.max);
    return std::visit(
        Overloaded{[](const bool*) { return std::string("true or false"); },
                   [&](const std::uint16_t*) { return "a whole number, " + range; },
                   [&](const std::uint32_t*) { return "a whole number, " + range; },
                   [&](const std::size_t*) {
                       return (field.is_size ? std::string(kSizeForm) : "a whole number") + ", " +
                              range;
                   },
                   [&](const base::Duration*) { return std::string(kDurationForm) + ", " + range; },
                   [&](const std::string*) {
                       return "a text of " + range + " bytes" +
                              (field.takes_numbers ? ", or a whole number" : "");
                   },
                   [&](const std::vector<std::string>*) {
                       return "a list of texts of " + range + " bytes each";
                   },
                   [&]<class T>(std::optional<T>*) {
                       T value{};
                       return allowed_text(over(field, value));
                   }},
        field.target);
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte == 0x7F) {
            constexpr std::string_view kHex = "0123456789abcdef";
            out += "\\u00";
            out += kHex[byte >> 4U];
            out += kHex[byte & 0xFU];
        } else {
            out += c;
        }
    }
    out += '"';
    return out;
}

}  // namespace steward::config
