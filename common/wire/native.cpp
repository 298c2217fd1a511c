// common/wire: the words for the native protocol's commands.
#include "common/wire/native.hpp"

namespace steward::wire::native {

std::string_view name_of(Type type) {
    switch (type) {
        case Type::Session: return "Session";
        case Type::ClientHello: return "ClientHello";
        case Type::Submit: return "Submit";
        case Type::Query: return "Query";
        case Type::Await: return "Await";
        case Type::Operate: return "Operate";
        case Type::WorkerReady: return "WorkerReady";
        case Type::Finish: return "Finish";
        case Type::Return: return "Return";
        case Type::Goodbye: return "Goodbye";
        case Type::Told: return "Told";
        case Type::Heartbeat: return "Heartbeat";
        case Type::Partial: return "Partial";
        case Type::Progress: return "Progress";
        case Type::Welcome: return "Welcome";
        case Type::Disconnect: return "Disconnect";
        case Type::Accepted: return "Accepted";
        case Type::Refused: return "Refused";
        case Type::JobPartial: return "JobPartial";
        case Type::JobProgress: return "JobProgress";
        case Type::Result: return "Result";
        case Type::Report: return "Report";
        case Type::Assign: return "Assign";
        case Type::StopAttempt: return "StopAttempt";
        case Type::Recall: return "Recall";
        case Type::RegisterAgain: return "RegisterAgain";
        case Type::Ask: return "Ask";
    }
    return "unknown";
}

}  // namespace steward::wire::native
