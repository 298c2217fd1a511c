#include "gateway/api/event_text.hpp"

#include "gateway/api/reply.hpp"

namespace steward::gateway {

std::string event_of_text(std::string_view name,
                          std::string_view json,
                          std::optional<std::uint64_t> id) {
    std::string text;
    text.reserve(name.size() + json.size() + 48);
    if (id) {
        text += "id: " + std::to_string(*id) + "\n";
    }
    text += "event: ";
    text += name;
    text += "\ndata: ";
    text += json;
    text += "\n\n";
    return text;
}

std::string event_text(std::string_view name,
                       const nlohmann::json& data,
                       std::optional<std::uint64_t> id) {
    return event_of_text(name, json_text(data), id);
}

nlohmann::json partial_json(const client::Answer& part) {
    return {{"job", part.job().text()}, {"value", payload_json(part.payload())}};
}

nlohmann::json progress_json(const client::Progress& step) {
    return {
        {"job", step.job.text()}, {"done", step.done}, {"total", step.total}, {"text", step.text}};
}

}  // namespace steward::gateway
