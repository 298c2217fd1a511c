// common/wire: see params_value.hpp. Both directions keep their own stack instead of recursing.
#include "common/wire/params_value.hpp"

namespace steward::wire {
namespace {

using nlohmann::json;

std::string_view as_view(const json::binary_t& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool open_container(const json& value, ValueSink& sink) {
    return value.is_array() ? sink.open_list(value.size()) : sink.open_map(value.size());
}

bool send_scalar(const json& value, ValueSink& sink) {
    switch (value.type()) {
        case json::value_t::null:
        case json::value_t::discarded: return sink.null();
        case json::value_t::boolean: return sink.boolean(value.get<bool>());
        case json::value_t::number_integer: return sink.integer(value.get<std::int64_t>());
        case json::value_t::number_unsigned: return sink.natural(value.get<std::uint64_t>());
        case json::value_t::number_float: return sink.real(value.get<double>());
        case json::value_t::string: return sink.text(value.get_ref<const std::string&>());
        case json::value_t::binary: return sink.text(as_view(value.get_binary()));
        case json::value_t::object:
        case json::value_t::array: break;
    }
    return false;
}

}  // namespace

bool ValueBuilder::null() {
    return place(nullptr) != nullptr;
}

bool ValueBuilder::boolean(bool value) {
    return place(value) != nullptr;
}

bool ValueBuilder::integer(std::int64_t value) {
    return place(value) != nullptr;
}

bool ValueBuilder::natural(std::uint64_t value) {
    return place(value) != nullptr;
}

bool ValueBuilder::real(double value) {
    return place(value) != nullptr;
}

bool ValueBuilder::text(std::string_view bytes) {
    return place(std::string(bytes)) != nullptr;
}

bool ValueBuilder::open_list(std::size_t) {
    return open(json::array(), false);
}

bool ValueBuilder::open_map(std::size_t) {
    return open(json::object(), false);
}

bool ValueBuilder::open_php_array(std::size_t) {
    return open(json::array(), true);
}

bool ValueBuilder::key(std::string_view bytes) {
    Open& top = open_.back();
    if (top.undecided) {
        if (bytes == std::to_string(top.container->size())) {
            return true;
        }
        json map = json::object();
        for (std::size_t i = 0; i < top.container->size(); ++i) {
            map[std::to_string(i)] = std::move((*top.container)[i]);
        }
        *top.container = std::move(map);
        top.undecided = false;
    }
    top.key = bytes;
    return true;
}

bool ValueBuilder::close() {
    open_.pop_back();
    return true;
}

json* ValueBuilder::place(json value) {
    if (open_.empty()) {
        root_ = std::move(value);
        return &root_;
    }
    Open& top = open_.back();
    if (top.container->is_array()) {
        top.container->push_back(std::move(value));
        return &top.container->back();
    }
    json& member = (*top.container)[std::move(top.key)];
    member = std::move(value);
    return &member;
}

bool ValueBuilder::open(json container, bool undecided) {
    // The address stays good: a container's parent does not grow while the container is open.
    open_.push_back({place(std::move(container)), {}, undecided});
    return true;
}

bool walk(const json& value, ValueSink& sink) {
    if (!value.is_structured()) {
        return send_scalar(value, sink);
    }

    struct Place {
        json::const_iterator at;
        json::const_iterator end;
        bool map = false;
    };

    const auto place_in = [](const json& container) {
        return Place{container.cbegin(), container.cend(), container.is_object()};
    };
    std::vector<Place> places{place_in(value)};
    bool going = open_container(value, sink);
    while (going && !places.empty()) {
        Place& top = places.back();
        if (top.at == top.end) {
            places.pop_back();
            going = sink.close();
            continue;
        }
        const json& item = *top.at;
        going = !top.map || sink.key(top.at.key());
        ++top.at;
        if (going && item.is_structured()) {
            places.push_back(place_in(item));  // `top` is void from here
            going = open_container(item, sink);
        } else if (going) {
            going = send_scalar(item, sink);
        }
    }
    return going;
}

}  // namespace steward::wire
