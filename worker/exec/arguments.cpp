#include "worker/exec/arguments.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "common/base/bytes.hpp"
#include "common/base/whole_number.hpp"
#include "common/wire/params.hpp"

namespace steward::worker::exec {
namespace {

using nlohmann::json;

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";
constexpr std::string_view kPlaces =
    "{{params}}, {{params.KEY}}, {{params.KEY|OTHERWISE}}, {{params.KEY*}} as a word of its own, "
    "{{meta.NAME}}, {{id}}, {{attempt}}, {{service}} and {{open}}";

base::Unexpected bad_place(std::string_view name) {
    return base::fail(base::Errc::BadConfig,
                      "there is no placeholder {{" + base::printable(name) + "}}; there are " +
                          std::string(kPlaces));
}

std::vector<std::string> split(std::string_view path) {
    std::vector<std::string> keys;
    while (true) {
        const std::size_t dot = path.find('.');
        keys.emplace_back(path.substr(0, dot));
        if (dot == std::string_view::npos) {
            return keys;
        }
        path.remove_prefix(dot + 1);
    }
}

const json* member_of(const json& value, const std::string& key) {
    if (value.is_object()) {
        const auto found = value.find(key);
        return found == value.end() ? nullptr : &*found;
    }
    const auto index = base::parse_whole<std::size_t>(key);
    return value.is_array() && index && *index < value.size() ? &value[*index] : nullptr;
}

// Null counts as not there.
const json* find(const json& params, const std::vector<std::string>& path) {
    const json* value = &params;
    for (const std::string& key : path) {
        value = member_of(*value, key);
        if (value == nullptr) {
            return nullptr;
        }
    }
    return value->is_null() ? nullptr : value;
}

std::string text_of(const json& value) {
    return value.is_string() ? value.get<std::string>()
                             : value.dump(-1, ' ', false, json::error_handler_t::replace);
}

base::Unexpected missing(const std::string& name) {
    return base::fail(base::Errc::BadParams, "the params lack what {{" + name + "}} stands for");
}

base::Expected<std::string> usable(std::string text, const std::string& name) {
    if (text.find('\0') != std::string::npos) {
        return base::fail(base::Errc::BadParams,
                          "{{" + name + "}} has a zero byte, which no argument can hold");
    }
    return text;
}

}  // namespace

json params_of(const Job& job) {
    const model::Payload& raw = job.raw_params();
    if (raw.encoding == model::Encoding::Opaque) {
        if (auto inside = wire::decode_params({model::Encoding::Json, raw.bytes})) {
            return std::move(*inside);
        }
    }
    return job.params();
}

base::Expected<Arguments::Piece> Arguments::parse_place(std::string_view name) {
    if (name == "open") {
        return Piece(std::string(kOpen));
    }
    Place place;
    place.name = name;
    if (const std::size_t bar = name.find('|'); bar != std::string_view::npos) {
        place.has_otherwise = true;
        place.otherwise = name.substr(bar + 1);
        name = name.substr(0, bar);
    }
    if (name.ends_with('*') && !place.has_otherwise) {
        place.is_list = true;
        name.remove_suffix(1);
    }
    if (name == "id" || name == "attempt" || name == "service") {
        place.what = name == "id"        ? Place::What::Id
                     : name == "attempt" ? Place::What::Attempt
                                         : Place::What::Service;
        return place.is_list || place.has_otherwise ? base::Expected<Piece>(bad_place(place.name))
                                                    : Piece(std::move(place));
    }
    if (name.starts_with("meta.")) {
        place.what = Place::What::Meta;
        place.path = {std::string(name.substr(5))};
        return place.is_list || place.path[0].empty() ? base::Expected<Piece>(bad_place(place.name))
                                                      : Piece(std::move(place));
    }
    if (name.starts_with("params.")) {
        place.path = split(name.substr(7));
    } else if (name != "params") {
        return bad_place(place.name);
    }
    const bool has_gap = std::ranges::any_of(place.path, &std::string::empty);
    return has_gap ? base::Expected<Piece>(bad_place(place.name)) : Piece(std::move(place));
}

base::Expected<Arguments::Word> Arguments::parse_word(std::string_view text) {
    Word word;
    const bool is_alone = text.starts_with(kOpen) && text.find(kClose) == text.size() - 2;
    while (true) {
        const std::size_t open = text.find(kOpen);
        if (open != 0 && !text.empty()) {
            word.emplace_back(std::string(text.substr(0, open)));
        }
        if (open == std::string_view::npos) {
            return word;
        }
        const std::size_t close = text.find(kClose, open + 2);
        if (close == std::string_view::npos) {
            return base::fail(base::Errc::BadConfig,
                              "a placeholder is not closed: \"" + base::printable(text) +
                                  "\"; write {{open}} for two braces");
        }
        auto piece = parse_place(text.substr(open + 2, close - open - 2));
        if (!piece) {
            return base::Unexpected(std::move(piece.error()));
        }
        const auto* place = std::get_if<Place>(&*piece);
        if (place != nullptr && place->is_list && !is_alone) {
            return base::fail(base::Errc::BadConfig,
                              "{{" + place->name +
                                  "}} becomes several words: it must be a word "
                                  "of its own");
        }
        word.push_back(std::move(*piece));
        text.remove_prefix(close + 2);
    }
}

base::Expected<Arguments> Arguments::parse(const std::vector<std::string>& words) {
    if (words.empty() || words.front().empty()) {
        return base::fail(base::Errc::BadConfig, "no command is given: write it behind --");
    }
    if (words.front().find(kOpen) != std::string::npos) {
        return base::fail(base::Errc::BadConfig,
                          "the program itself cannot be a placeholder: a job must not choose it");
    }
    Arguments arguments;
    arguments.program_ = words.front();
    for (std::size_t i = 1; i < words.size(); ++i) {
        auto word = parse_word(words[i]);
        if (!word) {
            return base::Unexpected(std::move(word.error()));
        }
        arguments.words_.push_back(std::move(*word));
    }
    return arguments;
}

base::Expected<std::string> Arguments::fill(const Place& place, const Given& given) {
    switch (place.what) {
        case Place::What::Id: return given.job.id().text();
        case Place::What::Attempt: return std::to_string(given.job.attempt());
        case Place::What::Service: return std::string(given.job.service());
        case Place::What::Meta:
            if (const auto found = given.meta.find(place.path[0]); found != given.meta.end()) {
                return usable(found->second, place.name);
            }
            break;
        case Place::What::Params:
            if (const json* value = find(given.params, place.path)) {
                return usable(text_of(*value), place.name);
            }
            break;
    }
    return place.has_otherwise ? base::Expected<std::string>(place.otherwise) : missing(place.name);
}

base::Expected<std::string> Arguments::fill(const Word& word, const Given& given) {
    std::string argument;
    for (const Piece& piece : word) {
        if (const auto* literal = std::get_if<std::string>(&piece)) {
            argument += *literal;
            continue;
        }
        auto filled = fill(std::get<Place>(piece), given);
        if (!filled) {
            return filled;
        }
        argument += *filled;
    }
    return argument;
}

base::Expected<void> Arguments::add_list(const Place& place,
                                         const Given& given,
                                         std::vector<std::string>& arguments) {
    const json* list = find(given.params, place.path);
    if (list == nullptr || !list->is_array()) {
        return base::fail(base::Errc::BadParams,
                          "the params have no list where {{" + place.name + "}} needs one");
    }
    for (const json& element : *list) {
        auto argument = usable(text_of(element), place.name);
        if (!argument) {
            return base::Unexpected(std::move(argument.error()));
        }
        arguments.push_back(std::move(*argument));
    }
    return {};
}

base::Expected<std::vector<std::string>> Arguments::expand(const Job& job) const {
    const Given given{job, params_of(job), job.meta()};
    std::vector<std::string> arguments = {program_};
    for (const Word& word : words_) {
        const auto* alone = word.size() == 1 ? std::get_if<Place>(word.data()) : nullptr;
        if (alone != nullptr && alone->is_list) {
            if (auto added = add_list(*alone, given, arguments); !added) {
                return base::Unexpected(std::move(added.error()));
            }
            continue;
        }
        auto argument = fill(word, given);
        if (!argument) {
            return base::Unexpected(std::move(argument.error()));
        }
        arguments.push_back(std::move(*argument));
    }
    return arguments;
}

}  // namespace steward::worker::exec
