#include "gateway/params/params_object.hpp"

#include <utility>

#include "common/wire/json_text.hpp"

namespace steward::gateway {

ParamsObject::Member& ParamsObject::member(const std::string& name) {
    const auto [place, is_new] = places_.try_emplace(name, members_.size());
    if (is_new) {
        members_.push_back({name, {}, false});
    }
    return members_[place->second];
}

void ParamsObject::add(std::string_view name, std::string value_json) {
    constexpr std::string_view kArray = "[]";
    const bool is_array = name.size() > kArray.size() && name.ends_with(kArray);
    if (is_array) {
        name.remove_suffix(kArray.size());
    }
    Member& here = member(std::string(name));
    here.is_array = here.is_array || is_array || !here.values.empty();
    here.values.push_back(std::move(value_json));
}

void ParamsObject::add_text(std::string_view name, std::string_view value) {
    std::string json;
    wire::append_json_string(json, value);
    add(name, std::move(json));
}

void ParamsObject::set(const std::string& name, std::string_view value_json) {
    Member& here = member(name);
    here.is_array = false;
    here.values.assign(1, std::string(value_json));
}

void ParamsObject::add_all(const Pairs& pairs) {
    for (const Pair& pair : pairs) {
        add_text(pair.name, pair.value);
    }
}

void ParamsObject::add_missing(ParamsObject&& other) {
    for (Member& theirs : other.members_) {
        if (!places_.contains(theirs.name)) {
            places_.emplace(theirs.name, members_.size());
            members_.push_back(std::move(theirs));
        }
    }
}

std::string ParamsObject::text() const {
    std::string out = "{";
    for (const Member& here : members_) {
        if (out.size() > 1) {
            out.push_back(',');
        }
        wire::append_json_key(out, here.name);
        out += here.is_array ? ":[" : ":";
        for (std::size_t i = 0; i < here.values.size(); ++i) {
            if (i > 0) {
                out.push_back(',');
            }
            out += here.values[i];
        }
        if (here.is_array) {
            out.push_back(']');
        }
    }
    out.push_back('}');
    return out;
}

}  // namespace steward::gateway
