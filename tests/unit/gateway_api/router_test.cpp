#include "gateway/api/router.hpp"

#include <array>

#include <doctest/doctest.h>

namespace steward::gateway {
namespace {

using Segments = std::vector<std::string>;

constexpr std::array kRoutes = {Route{Method::Get, "/", 0, nullptr},
                                Route{Method::Get, "/a", 0, nullptr},
                                Route{Method::Put, "/a", 0, nullptr},
                                Route{Method::Post, "/a/all", 0, nullptr},
                                Route{Method::Post, "/a/{one}", 0, nullptr},
                                Route{Method::Get, "/a/{one}/b/{two}", 0, nullptr}};

Found find(Method method, const Segments& segments) {
    return find_route(kRoutes, method, segments);
}

TEST_CASE("a path finds its route, with what the braces took") {
    CHECK(find(Method::Get, {}).route == &kRoutes[0]);
    CHECK(find(Method::Get, {"a"}).route == &kRoutes[1]);
    const Found found = find(Method::Get, {"a", "x", "b", "y/z"});
    CHECK(found.route == &kRoutes[5]);
    CHECK(found.names == Segments{"x", "y/z"});
}

TEST_CASE("what is named comes before what is taken") {
    CHECK(find(Method::Post, {"a", "all"}).route == &kRoutes[3]);
    CHECK(find(Method::Post, {"a", "some"}).route == &kRoutes[4]);
}

TEST_CASE("HEAD is a GET; another method is told which there are") {
    CHECK(find(Method::Head, {"a"}).route == &kRoutes[1]);
    const Found found = find(Method::Delete, {"a"});
    CHECK(found.route == nullptr);
    CHECK(found.allowed == "GET, HEAD, PUT");
}

TEST_CASE("a path with less or more than a route's is not it") {
    for (const Segments& segments :
         {Segments{"b"}, Segments{"a", "x", "b"}, Segments{"a", "x", "b", "y", ""}, Segments{""}}) {
        const Found found = find(Method::Get, segments);
        CHECK(found.route == nullptr);
        CHECK(found.allowed.empty());
    }
}

TEST_CASE("no two routes of the gateway are the same, and each can be reached") {
    for (const Route& route : all_routes()) {
        Segments segments;
        for (std::string_view rest = route.pattern.substr(1); !rest.empty();) {
            const std::string_view part = rest.substr(0, rest.find('/'));
            segments.emplace_back(part.starts_with('{') ? "any" : part);
            rest.remove_prefix(std::min(part.size() + 1, rest.size()));
        }
        INFO(std::string(route.pattern));
        CHECK(find_route(all_routes(), route.method, segments).route == &route);
        CHECK((route.handle != nullptr));
    }
}

}  // namespace
}  // namespace steward::gateway
