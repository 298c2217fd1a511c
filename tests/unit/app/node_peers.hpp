// tests: clients and workers of every dialect, as the frames they send and what they make of the
// broker's. Written by hand from the protocol's tables, so that a codec cannot agree with itself.
#pragma once

#include <optional>
#include <string>

#include "common/wire/native.hpp"
#include "tests/unit/app/node_fakes.hpp"

namespace steward::app::fakes {

enum class Speaks { Zmws1, Zmws2, Mdp01, Mdp02, Native };
inline constexpr Speaks kDialects[] = {
    Speaks::Zmws1, Speaks::Zmws2, Speaks::Mdp01, Speaks::Mdp02, Speaks::Native};

inline std::string byte(int value) {
    return std::string(1, static_cast<char>(value));
}

inline Words batch(const std::vector<wire::native::Command>& commands) {
    wire::native::BatchWriter writer;
    for (const auto& command : commands) {
        writer.add(command);
    }
    return words_of(writer.take());
}

inline std::vector<wire::native::Command> commands_of(const Words& words) {
    const Frames frames = frames_of(words);
    std::vector<wire::native::Command> commands;
    if (wire::native::is_native(frames)) {
        wire::native::BatchReader reader(frames);
        for (auto next = reader.next(); next && *next; next = reader.next()) {
            commands.push_back(std::move(**next));
        }
    }
    return commands;
}

template <class Command>
std::optional<Command> first(const std::vector<Words>& messages) {
    for (const Words& words : messages) {
        for (auto& command : commands_of(words)) {
            if (auto* found = std::get_if<Command>(&command)) {
                return std::move(*found);
            }
        }
    }
    return std::nullopt;
}

inline wire::native::Submit native_submit(std::uint64_t number,
                                          std::string_view service,
                                          std::string_view json,
                                          bool sync) {
    wire::native::Submit submit;
    submit.number = number;
    submit.spec.service = *model::ServiceName::parse(service);
    if (!json.empty()) {
        submit.spec.params = {model::Encoding::Json, base::Blob::copy(json)};
    }
    submit.spec.options.sync = sync;
    return submit;
}

/// A call with JSON for a body, as a client of the dialect sends it.
inline Words call(Speaks dialect, const std::string& service, const std::string& json) {
    switch (dialect) {
        case Speaks::Zmws1: return {"PARAM-JSON: " + json, "JOB: SYNC-" + service};
        case Speaks::Zmws2: return {"", "MDPC02", "1", "PARAM-JSON: " + json, "SYNC-" + service};
        case Speaks::Mdp01: return {"", "MDPC01", service, json};
        case Speaks::Mdp02: return {"MDPC02", byte(1), service, json};
        case Speaks::Native: break;
    }
    return batch({wire::native::Session{9, 0}, native_submit(1, service, json, true)});
}

/// What a client of the dialect got for an answer; empty when it got anything but one success.
inline std::string answer_in(Speaks dialect, const std::string& service, const Words& got) {
    const auto starts = [](const Words& words, std::size_t i, const std::string& text) {
        return words.size() > i && words[i].starts_with(text);
    };
    const std::string complete = "COMPLETE: " + service + " [";
    switch (dialect) {
        case Speaks::Zmws1:  // without a delimiter asked, answered with one: DEALER clients drop it
            return got.size() == 3 && starts(got, 1, complete) ? got[2] : "";
        case Speaks::Zmws2:
            return got.size() == 6 && got[0].empty() && got[1] == "MDPC02" && got[2] == "3" &&
                           got[3] == service && starts(got, 4, complete)
                       ? got[5]
                       : "";
        case Speaks::Mdp01:
            return got.size() == 4 && got[0].empty() && got[1] == "MDPC01" && got[2] == service
                       ? got[3]
                       : "";
        case Speaks::Mdp02:
            return got.size() == 4 && got[0] == "MDPC02" && got[1] == byte(3) && got[2] == service
                       ? got[3]
                       : "";
        case Speaks::Native: break;
    }
    const auto result = first<wire::native::Result>({got});
    return result && result->state == model::JobState::Succeeded
               ? std::string(result->result.bytes.view())
               : "";
}

inline Words ready(Speaks dialect, const std::string& service) {
    switch (dialect) {
        case Speaks::Zmws1: return {service, "READY"};
        case Speaks::Zmws2: return {"MDPC02", "3", service, "READY"};
        case Speaks::Mdp01: return {"", "MDPW01", byte(1), service};
        case Speaks::Mdp02: return {"MDPW02", byte(1), service};
        case Speaks::Native: break;
    }
    wire::native::WorkerReady announcement;
    announcement.services = {service};
    announcement.concurrency = 1;
    announcement.credit_max = 1;
    return batch({announcement});
}

/// A job as a worker of the dialect understood it.
struct Job {
    std::string token;  // what it must give back
    std::string body;
    model::Attempt attempt;  // native only
};

inline std::optional<Job> job_in(Speaks dialect, const Words& got) {
    const auto zmws = [](const std::string& line, const std::string& param) -> std::optional<Job> {
        if (!line.starts_with("JOB: ")) {
            return std::nullopt;
        }
        return Job{line.substr(5), param, {}};
    };
    switch (dialect) {
        case Speaks::Zmws1: return got.size() == 4 ? zmws(got[3], got[2]) : std::nullopt;
        case Speaks::Zmws2:
            return got.size() == 5 && got[1] == "MDPC02" && got[2] == "1" ? zmws(got[4], got[3])
                                                                          : std::nullopt;
        case Speaks::Mdp01:
            return got.size() == 6 && got[1] == "MDPW01" && got[2] == byte(2)
                       ? std::optional(Job{got[3], got[5], {}})
                       : std::nullopt;
        case Speaks::Mdp02:
            return got.size() == 5 && got[0] == "MDPW02" && got[1] == byte(2)
                       ? std::optional(Job{got[2], got[4], {}})
                       : std::nullopt;
        case Speaks::Native: break;
    }
    const auto assign = first<wire::native::Assign>({got});
    return assign
               ? std::optional(Job{{}, std::string(assign->params.bytes.view()), assign->attempt})
               : std::nullopt;
}

/// The worker's success with JSON for a result.
inline Words done(Speaks dialect,
                  const std::string& service,
                  const Job& job,
                  const std::string& json) {
    switch (dialect) {
        case Speaks::Zmws1: return {"PARAM-JSON: " + json, service, "COMPLETE: " + job.token};
        case Speaks::Zmws2:
            return {"MDPC02", "3", service, "PARAM-JSON: " + json, "COMPLETE: " + job.token};
        case Speaks::Mdp01: return {"", "MDPW01", byte(3), job.token, "", json};
        case Speaks::Mdp02: return {"MDPW02", byte(4), job.token, "", json};
        case Speaks::Native: break;
    }
    wire::native::Finish finish;
    finish.attempt = job.attempt;
    finish.outcome.result = {model::Encoding::Json, base::Blob::copy(json)};
    return batch({finish});
}

/// What a param frame looks like for the dialect.
inline std::string param_in(Speaks dialect, const std::string& json) {
    return dialect == Speaks::Zmws1 || dialect == Speaks::Zmws2 ? "PARAM-JSON: " + json : json;
}

}  // namespace steward::app::fakes
