#include "broker/app/translate_arguments.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/base/bytes.hpp"
#include "common/wire/options.hpp"
#include "common/wire/params.hpp"

namespace steward::app {
namespace {

using base::Errc;
using nlohmann::json;

constexpr std::size_t kShownBytesMax = 60;

std::string json_text(const json& value) {
    return std::string(wire::encode_params(value, model::Encoding::Json).bytes.view());
}

std::string joined(const std::vector<std::string_view>& words) {
    std::string out;
    for (const std::string_view word : words) {
        out += out.empty() ? "" : ", ";
        out += word;
    }
    return out;
}

std::optional<std::uint64_t> natural_of(const json& value) {
    if (value.is_number_unsigned()) {
        return value.get<std::uint64_t>();
    }
    const bool is_natural = value.is_number_integer() && value.get<std::int64_t>() >= 0;
    return is_natural ? std::optional(static_cast<std::uint64_t>(value.get<std::int64_t>()))
                      : std::nullopt;
}

std::optional<std::string> text_of(const json& value) {
    return value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
}

std::optional<std::size_t> place_of(const json& value, const std::vector<std::string_view>& words) {
    const auto text = text_of(value);
    const auto found = text ? std::ranges::find(words, *text) : words.end();
    return found == words.end() ? std::nullopt
                                : std::optional(static_cast<std::size_t>(found - words.begin()));
}

}  // namespace

// ---- faults ----

void Arguments::refuse(base::Errc code, std::string_view rule) {
    if (!fault_) {
        fault_ = base::Error{code, about_ + ": " + std::string(rule), {}};
    }
}

void Arguments::refuse(const base::Error& error) {
    refuse(error.code, error.message);
}

void Arguments::refuse_value(std::string_view name, const json& value, std::string_view rule) {
    std::string text(name);
    text += ' ';
    text += rule;
    text += ", not " + base::printable(json_text(value), kShownBytesMax);
    refuse(Errc::BadOption, text);
}

std::optional<base::Error> Arguments::verdict() const {
    for (const auto& [name, value] : object_->items()) {
        if (std::ranges::find(known_, std::string_view(name)) == known_.end()) {
            const std::string known = known_.empty() ? "none" : joined(known_);
            return base::Error{Errc::UnknownOption,
                               about_ + ": no argument is called \"" +
                                   base::printable(name, kShownBytesMax) + "\"; there are " + known,
                               {}};
        }
    }
    return fault_;
}

// ---- single values ----

const json* Arguments::find(std::string_view name) {
    if (std::ranges::find(known_, name) == known_.end()) {
        known_.push_back(name);
    }
    const auto found = object_->find(name);
    return found == object_->end() ? nullptr : &*found;
}

bool Arguments::has(std::string_view name) {
    return find(name) != nullptr;
}

void Arguments::need(std::string_view name) {
    if (!has(name)) {
        refuse(Errc::BadParams, "the argument " + std::string(name) + " is needed");
    }
}

std::optional<std::uint64_t> Arguments::number(std::string_view name,
                                               std::uint64_t min,
                                               std::uint64_t max) {
    const json* value = find(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    const auto number = natural_of(*value);
    if (!number || *number < min || *number > max) {
        refuse_value(name,
                     *value,
                     "is a whole number, " + std::to_string(min) + " to " + std::to_string(max));
        return std::nullopt;
    }
    return number;
}

std::optional<std::string> Arguments::text(std::string_view name) {
    const json* value = find(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    auto text = text_of(*value);
    if (!text) {
        refuse_value(name, *value, "is a text");
    }
    return text;
}

std::optional<std::size_t> Arguments::word(std::string_view name,
                                           const std::vector<std::string_view>& words) {
    const json* value = find(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    const auto place = place_of(*value, words);
    if (!place) {
        refuse_value(name, *value, "is one of " + joined(words));
    }
    return place;
}

model::Label Arguments::label(std::string_view name) {
    const auto text = this->text(name);
    if (!text) {
        return {};
    }
    if (text->empty()) {
        refuse(Errc::BadName, std::string(name) + " is not empty");
        return {};
    }
    if (const std::string fault = model::label_fault(*text); !fault.empty()) {
        refuse(Errc::BadName,
               std::string(name) + " \"" + base::printable(*text, kShownBytesMax) + "\" " + fault);
        return {};
    }
    return *text;
}

model::ServiceName Arguments::service_of(std::string_view name, const json& value) {
    const auto text = text_of(value);
    if (!text) {
        refuse_value(name, value, "is a text");
        return {};
    }
    auto service = model::ServiceName::parse(*text);
    if (!service) {
        refuse(service.error());
        return {};
    }
    if (service->is_reserved()) {
        refuse(
            Errc::ReservedName,
            "the service \"" + base::printable(*text, kShownBytesMax) + "\" belongs to the broker");
        return {};
    }
    return *std::move(service);
}

model::ServiceName Arguments::service(std::string_view name) {
    const json* value = find(name);
    return value == nullptr ? model::ServiceName() : service_of(name, *value);
}

std::optional<model::JobId> Arguments::job(std::string_view name) {
    const json* value = find(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    const auto id = model::JobId::parse(text_of(*value).value_or(""));
    if (!id) {
        refuse_value(name, *value, "is the id of a job, 26 characters");
        return std::nullopt;
    }
    return *id;
}

std::optional<base::Duration> Arguments::spacing(std::string_view name) {
    const json* value = find(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    if (!value->is_string() && !value->is_number()) {
        refuse_value(name, *value, "is a rate, such as \"5/s\" or \"100/min\"");
        return std::nullopt;
    }
    const std::string text = text_of(*value).value_or(json_text(*value));
    if (text == "0") {
        return base::Duration::zero();
    }
    const auto rate = wire::parse_rate(text);
    if (!rate) {
        refuse(rate.error().code, std::string(name) + ": " + rate.error().message);
        return std::nullopt;
    }
    return rate->spacing;
}

model::Payload Arguments::params(std::string_view name) {
    const json* value = find(name);
    return value == nullptr ? model::Payload() : wire::encode_params(*value, model::Encoding::Json);
}

model::JobOptions Arguments::options(std::string_view name) {
    const json* value = find(name);
    if (value == nullptr) {
        return {};
    }
    auto options = wire::parse_options(*value);
    if (!options) {
        refuse(options.error());
        return {};
    }
    return *std::move(options);
}

model::JobOptions Arguments::as_options(const std::vector<std::string_view>& names) {
    json chosen = json::object();
    for (const std::string_view name : names) {
        if (const json* value = find(name)) {
            chosen[std::string(name)] = *value;
        }
    }
    auto options = wire::parse_options(chosen);
    if (!options) {
        refuse(options.error());
        return {};
    }
    return *std::move(options);
}

// ---- lists and objects ----

const json* Arguments::list(std::string_view name, std::size_t most) {
    const json* value = find(name);
    if (value == nullptr) {
        return nullptr;
    }
    if (!value->is_array() || value->empty()) {
        refuse_value(name, *value, "is a list of at least one");
        return nullptr;
    }
    if (value->size() > most) {
        refuse(Errc::TooLarge,
               std::string(name) + " has " + std::to_string(value->size()) + " entries, " +
                   std::to_string(most) + " are allowed");
        return nullptr;
    }
    return value;
}

std::vector<std::size_t> Arguments::words(std::string_view name,
                                          const std::vector<std::string_view>& words) {
    std::vector<std::size_t> places;
    const json* values = list(name, words.size());
    for (std::size_t i = 0; values != nullptr && i < values->size(); ++i) {
        const auto place = place_of((*values)[i], words);
        if (place) {
            places.push_back(*place);
        } else {
            refuse_value(name, (*values)[i], "holds only " + joined(words));
        }
    }
    return places;
}

std::vector<model::ServiceName> Arguments::services(std::string_view name, std::size_t most) {
    std::vector<model::ServiceName> services;
    const json* values = list(name, most);
    for (std::size_t i = 0; values != nullptr && i < values->size(); ++i) {
        services.push_back(service_of(name, (*values)[i]));
    }
    return services;
}

std::vector<model::JobId> Arguments::jobs(std::string_view name, std::size_t most) {
    std::vector<model::JobId> jobs;
    const json* values = list(name, most);
    for (std::size_t i = 0; values != nullptr && i < values->size(); ++i) {
        const auto id = model::JobId::parse(text_of((*values)[i]).value_or(""));
        if (id) {
            jobs.push_back(*id);
        } else {
            refuse_value(name, (*values)[i], "holds ids of jobs, 26 characters each");
        }
    }
    return jobs;
}

void Arguments::read_object(const std::string& about, const json& object, const Read& read) {
    if (!object.is_object()) {
        refuse(Errc::BadOption,
               about + " is an object, not " + base::printable(json_text(object), kShownBytesMax));
        return;
    }
    Arguments inner(about_ + ": " + about, object);
    read(inner);
    if (auto fault = inner.verdict(); fault && !fault_) {
        fault_ = std::move(fault);
    }
}

void Arguments::within(std::string_view name, const Read& read) {
    if (const json* value = find(name)) {
        read_object(std::string(name), *value, read);
    }
}

void Arguments::each(std::string_view name, std::size_t most, const Read& read) {
    const json* values = list(name, most);
    for (std::size_t i = 0; values != nullptr && i < values->size(); ++i) {
        read_object(std::string(name) + "[" + std::to_string(i) + "]", (*values)[i], read);
    }
}

base::Expected<void> with_arguments(std::string_view about,
                                    const base::Blob& text,
                                    const Arguments::Read& read) {
    json object = json::object();
    if (!text.empty()) {
        auto decoded = wire::decode_params({model::Encoding::Json, text});
        if (!decoded) {
            return base::fail(
                Errc::BadParams,
                std::string(about) + ": the arguments cannot be read: " + decoded.error().message);
        }
        object = *std::move(decoded);
    }
    if (!object.is_object()) {
        return base::fail(Errc::BadParams,
                          std::string(about) + ": the arguments are an object, not " +
                              base::printable(json_text(object), kShownBytesMax));
    }
    Arguments arguments{std::string(about), object};
    read(arguments);
    if (auto fault = arguments.verdict()) {
        return base::Unexpected(*std::move(fault));
    }
    return {};
}

}  // namespace steward::app
