// tests/unit/gateway_api: the description of the API is of the routes that there are.
#include "gateway/api/openapi.hpp"

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "gateway/api/router.hpp"

namespace steward::gateway {
namespace {

using nlohmann::json;

using Operation = std::pair<std::string, std::string>;  // ("get", "/v1/jobs")
using Words = std::set<std::string>;

json document() {
    json parsed = json::parse(openapi().bytes, nullptr, false);
    REQUIRE_FALSE(parsed.is_discarded());
    return parsed;
}

// ZMWS's door is no route: it is what is left.
bool is_of_the_old_door(const std::string& path) {
    return path == "/{service}" || path == "/SYNC-{service}" || path == "/SERVER-{report}";
}

Words roles_of(const json& operation) {
    Words words;
    for (const json& role : operation.at("x-role")) {
        words.insert(role.get<std::string>());
    }
    return words;
}

std::map<Operation, Words> described(const json& whole) {
    std::map<Operation, Words> all;
    for (const auto& [path, item] : whole.at("paths").items()) {
        if (!is_of_the_old_door(path)) {
            for (const auto& [method, operation] : item.items()) {
                all[{method, path}] = roles_of(operation);
            }
        }
    }
    return all;
}

std::map<Operation, Words> routed() {
    std::map<Operation, Words> all;
    for (const Route& route : all_routes()) {
        std::string method(name_of(route.method));
        std::ranges::transform(method, method.begin(), [](unsigned char letter) {
            return static_cast<char>(std::tolower(letter));
        });
        Words words;
        for (const std::string_view role : names_of_roles(route.roles)) {
            words.emplace(role);
        }
        all[{method, std::string(route.pattern)}] = words;
    }
    return all;
}

void each_value(const json& value, const std::function<void(const json&)>& visit) {
    visit(value);
    if (value.is_structured()) {
        for (const json& inner : value) {
            each_value(inner, visit);
        }
    }
}

Words names_in_braces(const std::string& path) {
    Words names;
    for (std::size_t at = path.find('{'); at != std::string::npos; at = path.find('{', at + 1)) {
        names.insert(path.substr(at + 1, path.find('}', at) - at - 1));
    }
    return names;
}

}  // namespace

TEST_CASE("Every route is described, with its roles, and nothing else is") {
    const auto routes = routed();
    const auto operations = described(document());
    for (const auto& route : routes) {
        INFO(route.first.first, " ", route.first.second);
        const auto found = operations.find(route.first);
        CHECK(found != operations.end());
        if (found != operations.end()) {
            CHECK(found->second == route.second);
        }
    }
    for (const auto& operation : operations) {
        CHECK_MESSAGE(
            routes.contains(operation.first), operation.first.first, " ", operation.first.second);
    }
}

TEST_CASE("Every reference in the description leads somewhere") {
    const json whole = document();
    std::size_t references = 0;
    each_value(whole, [&](const json& value) {
        if (value.is_object() && value.contains("$ref")) {
            const auto target = value["$ref"].get<std::string>();
            ++references;
            REQUIRE(target.starts_with("#/"));
            CHECK_MESSAGE(whole.contains(json::json_pointer(target.substr(1))), target);
        }
    });
    CHECK(references > 100);
}

TEST_CASE("Every operation says its name once, its answers, and what the braces of its path hold") {
    const json whole = document();
    Words ids;
    for (const auto& [path, item] : whole.at("paths").items()) {
        for (const auto& [method, operation] : item.items()) {
            const std::string which = method + " " + path;
            INFO(which);
            CHECK(ids.insert(operation.at("operationId").get<std::string>()).second);
            CHECK_FALSE(operation.at("responses").empty());
            Words in_path;
            for (const json& given : operation.value("parameters", json::array())) {
                const auto target = given.at("$ref").get<std::string>();
                const json& parameter = whole.at(json::json_pointer(target.substr(1)));
                if (parameter.at("in") == "path") {
                    in_path.insert(parameter.at("name").get<std::string>());
                }
            }
            CHECK(in_path == names_in_braces(path));
            // Who needs a role may have no token, or the wrong one.
            CHECK(operation.at("responses").contains("401") >= !operation.at("x-role").empty());
            CHECK(operation.at("responses").contains("403"));
        }
    }
}

TEST_CASE("The description has every component for a use, and every error code") {
    const json whole = document();
    Words used;
    each_value(whole, [&](const json& value) {
        if (value.is_object() && value.contains("$ref")) {
            used.insert(value["$ref"].get<std::string>());
        }
    });
    for (const char* kind : {"headers", "parameters", "responses", "schemas"}) {
        for (const auto& [name, component] : whole.at("components").at(kind).items()) {
            const std::string reference = std::string("#/components/") + kind + "/" + name;
            CHECK_MESSAGE(used.contains(reference), reference);
        }
    }
    json names = json::array();
#define X(name, number, kind, meaning) names.push_back(#name);
#include "common/base/errors.def"
#undef X
    CHECK(
        whole.at("components").at("schemas").at("Problem").at("properties").at("name").at("enum") ==
        names);
}

}  // namespace steward::gateway
