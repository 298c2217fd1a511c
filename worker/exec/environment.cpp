#include "worker/exec/environment.hpp"

#include <chrono>
#include <string_view>

namespace steward::worker::exec {
namespace {

using nlohmann::json;

std::string variable_of(std::string_view name) {
    std::string variable = "META_";
    for (const char character : name) {
        const bool is_lower = character >= 'a' && character <= 'z';
        const bool is_plain =
            (character >= 'A' && character <= 'Z') || (character >= '0' && character <= '9');
        variable += is_lower   ? static_cast<char>(character - 'a' + 'A')
                    : is_plain ? character
                               : '_';
    }
    return variable;
}

}  // namespace

base::Expected<std::vector<std::string>> environment_of(const Job& job) {
    std::vector<std::string> variables;
    const auto add = [&](std::string_view name, std::string_view value) {
        if (!value.empty()) {
            variables.push_back("STEWARD_JOB_" + std::string(name) + '=' + std::string(value));
        }
    };
    add("ID", job.id().text());
    add("SERVICE", job.service());
    add("ATTEMPT", std::to_string(job.attempt()));
    add("CHANNEL", job.channel());
    add("PRIORITY", std::to_string(job.priority()));
    add("CONTEXT", job.context());
    add("GROUP", job.group());
    add("BATCH", job.batch());
    if (const auto deadline = job.deadline()) {
        const auto left = *deadline - std::chrono::steady_clock::now();
        add("TIME_LIMIT_MS",
            std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(left).count()));
    }
    if (const auto bytes = job.memory_limit()) {
        add("MEMORY_LIMIT", std::to_string(*bytes));
    }
    const auto meta = job.meta();
    if (!meta.empty()) {
        add("META", json(meta).dump(-1, ' ', false, json::error_handler_t::replace));
    }
    for (const auto& [name, value] : meta) {
        add(variable_of(name), value);
    }
    for (const std::string& variable : variables) {
        if (variable.find('\0') != std::string::npos) {
            return base::fail(base::Errc::BadParams,
                              variable.substr(0, variable.find('=')) +
                                  " has a zero byte, which the environment cannot hold");
        }
    }
    return variables;
}

}  // namespace steward::worker::exec
