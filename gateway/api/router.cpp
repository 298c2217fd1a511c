#include "gateway/api/router.hpp"

#include <algorithm>

namespace steward::gateway {

namespace {

// "/a/{b}/c" against {"a", "x", "c"} takes "x".
bool matches(std::string_view pattern,
             const std::vector<std::string>& segments,
             std::vector<std::string>& names) {
    std::size_t at = 0;
    pattern.remove_prefix(1);
    if (!segments.empty() && !pattern.starts_with(segments.front()) && !pattern.starts_with('{')) {
        return false;  // as nearly all are
    }
    names.clear();
    while (!pattern.empty() || at < segments.size()) {
        if (pattern.empty() || at == segments.size()) {
            return false;
        }
        const std::string_view part = pattern.substr(0, pattern.find('/'));
        if (part.starts_with('{')) {
            names.push_back(segments[at]);
        } else if (part != segments[at]) {
            return false;
        }
        pattern.remove_prefix(std::min(part.size() + 1, pattern.size()));
        ++at;
    }
    return true;
}

void add_word(std::string& list, std::string_view word) {
    if (!list.empty()) {
        list += ", ";
    }
    list += word;
}

}  // namespace

Found find_route(std::span<const Route> routes,
                 Method method,
                 const std::vector<std::string>& segments) {
    Found found;
    const Method wanted = method == Method::Head ? Method::Get : method;
    std::vector<std::string> names;
    for (const Route& route : routes) {
        if (!matches(route.pattern, segments, names)) {
            continue;
        }
        if (route.method == wanted) {
            found.route = &route;
            found.names = std::move(names);
            return found;
        }
        add_word(found.allowed, name_of(route.method));
        if (route.method == Method::Get) {
            add_word(found.allowed, "HEAD");
        }
    }
    return found;
}

}  // namespace steward::gateway
