// tests/e2e: see api_document.hpp.
#include "tests/e2e/harness/api_document.hpp"

#include <algorithm>
#include <cctype>
#include <regex>

#include <doctest/doctest.h>

namespace steward::e2e {

using nlohmann::json;

namespace {

constexpr std::string_view kMethods[] = {"get", "post", "put", "patch", "delete"};

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char letter) {
        return static_cast<char>(std::tolower(letter));
    });
    return text;
}

/// How many letters of the path are the template's own; -1: it does not fit.
int fit_of(std::string_view pattern, std::string_view path) {
    int own = 0;
    while (!pattern.empty()) {
        if (pattern.front() == '{') {
            const std::size_t taken = std::min(path.find('/'), path.size());
            if (taken == 0) {
                return -1;
            }
            pattern.remove_prefix(pattern.find('}') + 1);
            path.remove_prefix(taken);
        } else if (!path.empty() && path.front() == pattern.front()) {
            pattern.remove_prefix(1);
            path.remove_prefix(1);
            ++own;
        } else {
            return -1;
        }
    }
    return path.empty() ? own : -1;
}

bool is_of_type(const json& value, const std::string& type) {
    return (type == "string" && value.is_string()) || (type == "boolean" && value.is_boolean()) ||
           (type == "integer" && value.is_number_integer()) ||
           (type == "number" && value.is_number()) || (type == "array" && value.is_array()) ||
           (type == "object" && value.is_object()) || (type == "null" && value.is_null());
}

std::string shown(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace).substr(0, 300);
}

bool is_json(const std::string& type) {
    return type == "application/json" || type == "application/problem+json";
}

}  // namespace

const json& ApiDocument::resolved(const json& value) const {
    if (!value.is_object() || !value.contains("$ref")) {
        return value;
    }
    return resolved(
        document_.at(json::json_pointer(value.at("$ref").get<std::string>().substr(1))));
}

std::string ApiDocument::path_of(std::string_view target) const {
    const std::string_view path = target.substr(0, target.find('?'));
    std::string best;
    int best_fit = -1;
    for (const auto& [pattern, item] : document_.at("paths").items()) {
        const int fit = fit_of(pattern, path);
        if (fit > best_fit) {
            best = pattern;
            best_fit = fit;
        }
    }
    return best;
}

std::set<std::string> ApiDocument::operations() const {
    std::set<std::string> all;
    for (const auto& [path, item] : document_.at("paths").items()) {
        for (const std::string_view method : kMethods) {
            if (item.contains(std::string(method))) {
                all.insert(std::string(method) + " " + path);
            }
        }
    }
    return all;
}

std::string ApiDocument::operation_of(const HttpRequest& request) const {
    const std::string method = request.method == "HEAD" ? "get" : lower(request.method);
    return method + " " + path_of(request.target);
}

const json* ApiDocument::answer_in(const HttpRequest& request, int status) const {
    const std::string operation = operation_of(request);
    const std::size_t space = operation.find(' ');
    const std::string path = operation.substr(space + 1);
    const json& paths = document_.at("paths");
    if (!paths.contains(path) || !paths.at(path).contains(operation.substr(0, space))) {
        return nullptr;
    }
    const json& answers = paths.at(path).at(operation.substr(0, space)).at("responses");
    const auto found = answers.find(std::to_string(status));
    return found == answers.end() ? nullptr : &resolved(*found);
}

std::string ApiDocument::fault_of(const HttpRequest& request, const HttpResponse& response) const {
    const json* answer = answer_in(request, response.status);
    if (answer == nullptr) {
        return "no answer " + std::to_string(response.status) + " is described for " +
               operation_of(request) + ": " + response.body.substr(0, 300);
    }
    if (request.method == "HEAD" || response.status == 304) {
        return {};
    }
    if (!answer->contains("content")) {
        return response.body.empty() ? "" : "no body is described, and there is one";
    }
    return content_fault(answer->at("content"), response);
}

std::string ApiDocument::content_fault(const json& content, const HttpResponse& response) const {
    const std::string type = response.content_type();
    if (!content.contains(type)) {
        return content.contains("*/*") ? "" : "the type \"" + type + "\" is not described";
    }
    const json& media = content.at(type);
    if (!media.contains("schema")) {
        return {};
    }
    if (is_json(type)) {
        return schema_fault(media.at("schema"), response.json());
    }
    if (type == "application/x-ndjson") {
        for (const json& line : response.json_lines()) {
            if (auto fault = schema_fault(media.at("schema"), line); !fault.empty()) {
                return fault;
            }
        }
    }
    return {};
}

std::string ApiDocument::fault_of(const HttpRequest& request, const ServerEvent& event) const {
    const json* answer = answer_in(request, 200);
    const json kinds = answer == nullptr ? json::object()
                                         : answer->at("content")
                                               .value("text/event-stream", json::object())
                                               .value("x-events", json::object());
    if (!kinds.contains(event.name)) {
        return "no event \"" + event.name + "\" is described for " + operation_of(request);
    }
    return schema_fault(kinds.at(event.name), event.json(), event.name);
}

std::string ApiDocument::schema_fault(const json& given,
                                      const json& value,
                                      const std::string& place) const {
    const json& schema = resolved(given);
    const std::string here = place + " is " + shown(value);
    if (schema.contains("type") && !is_of_type(value, schema["type"].get<std::string>())) {
        return here + ", no " + schema["type"].get<std::string>();
    }
    if (schema.contains("enum") &&
        std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end()) {
        return here + ", none of " + shown(schema["enum"]);
    }
    if (schema.contains("pattern") &&
        !std::regex_search(value.get<std::string>(),
                           std::regex(schema["pattern"].get<std::string>()))) {
        return here + ", not as " + shown(schema["pattern"]);
    }
    if ((schema.contains("minimum") && value < schema["minimum"]) ||
        (schema.contains("maximum") && value > schema["maximum"])) {
        return here + ", out of range";
    }
    for (const char* choice : {"oneOf", "anyOf"}) {
        if (!schema.contains(choice)) {
            continue;
        }
        std::size_t fits = 0;
        std::string faults;
        for (const json& one : schema[choice]) {
            const std::string fault = schema_fault(one, value, place);
            fits += fault.empty() ? 1U : 0U;
            faults += fault + "; ";
        }
        if (fits == 0 || (fits > 1 && std::string_view(choice) == "oneOf")) {
            return here + " fits " + std::to_string(fits) + " of " + choice + ": " + faults;
        }
    }
    if (value.is_array()) {
        if (value.size() > schema.value("maxItems", SIZE_MAX)) {
            return here + ", too long";
        }
        for (std::size_t i = 0; schema.contains("items") && i < value.size(); ++i) {
            if (auto fault =
                    schema_fault(schema["items"], value[i], place + "/" + std::to_string(i));
                !fault.empty()) {
                return fault;
            }
        }
    }
    return value.is_object() ? object_fault(schema, value, place) : "";
}

std::string ApiDocument::object_fault(const json& schema,
                                      const json& value,
                                      const std::string& place) const {
    const json known = schema.value("properties", json::object());
    for (const json& name : schema.value("required", json::array())) {
        if (!value.contains(name.get<std::string>())) {
            return place + " has no \"" + name.get<std::string>() + "\": " + shown(value);
        }
    }
    const json others = schema.value("additionalProperties", json(known.empty()));
    for (const auto& [name, member] : value.items()) {
        std::string fault;
        if (known.contains(name)) {
            fault = schema_fault(known[name], member, place + "/" + name);
        } else if (others == json(false)) {
            fault = place + "/" + name + " is described nowhere: " + shown(member);
        } else if (others.is_object()) {
            fault = schema_fault(others, member, place + "/" + name);
        }
        if (!fault.empty()) {
            return fault;
        }
    }
    return {};
}

// ---- the client ----

void CheckedClient::note(const HttpRequest& request, const HttpResponse& response) {
    INFO(request.method, " ", request.target, " -> ", response.status);
    CHECK(document_.fault_of(request, response) == "");
    // What the server itself refuses was no request yet.
    CHECK(response.has_header("X-Content-Type-Options") == response.has_header("X-Request-Id"));
    if (response.status < 400) {
        walked_.insert(document_.operation_of(request));
    }
}

HttpResponse CheckedClient::send(const HttpRequest& request) {
    HttpResponse response = client_.send(request);
    note(request, response);
    return response;
}

HttpResponse CheckedClient::post(const std::string& target,
                                 std::string body,
                                 const std::string& content_type,
                                 HttpHeaders headers) {
    if (!content_type.empty()) {
        headers.emplace_back("Content-Type", content_type);
    }
    return send({"POST", target, std::move(headers), std::move(body)});
}

HttpResponse CheckedClient::put(const std::string& target, const json& body) {
    return send({"PUT", target, {{"Content-Type", "application/json"}}, body.dump()});
}

HttpResponse CheckedClient::patch(const std::string& target, const json& body) {
    return send({"PATCH", target, {{"Content-Type", "application/json"}}, body.dump()});
}

std::vector<ServerEvent> CheckedClient::events(HttpRequest request, std::string_view last) {
    EventStream stream(port_, request);
    note(request, stream.head());
    std::vector<ServerEvent> all;
    while (auto event = stream.next()) {
        INFO(event->name, " ", event->data);
        CHECK(document_.fault_of(request, *event) == "");
        all.push_back(std::move(*event));
        if (all.back().name == last) {
            break;
        }
    }
    return all;
}

}  // namespace steward::e2e
