#include "client/cli/exit_status.hpp"

namespace steward::cli {

ExitStatus exit_status_of(base::Errc code) {
    using base::Errc;
    switch (code) {
        case Errc::JobFailed:
        case Errc::JobDead:
        case Errc::JobExpired:
        case Errc::JobCancelled:
        case Errc::JobTimeLimit:
        case Errc::JobMemoryLimit:
        case Errc::WorkerLost: return kJobFailed;
        case Errc::Timeout: return kTimeout;
        case Errc::Disconnected: return kNoBroker;
        case Errc::Malformed:
        case Errc::UnsupportedVersion:
        case Errc::UnknownCommand:
        case Errc::BadName:
        case Errc::BadParams:
        case Errc::UnknownOption:
        case Errc::BadOption:
        case Errc::TooLarge:
        case Errc::ReservedName:
        case Errc::BadConfig:
        case Errc::KeyRefused:
        case Errc::Forbidden:
        case Errc::UnknownService:
        case Errc::UnknownJob:
        case Errc::Duplicate:
        case Errc::UnknownName:
        case Errc::WrongState:
        case Errc::UnknownDependency:
        case Errc::QueueFull:
        case Errc::TooManyJobs:
        case Errc::TooManyServices:
        case Errc::TooManyInFlight:
        case Errc::TooManyWorkers:
        case Errc::Draining:
        case Errc::ServiceStopped:
        case Errc::TooManyNames:
        case Errc::TooManyWaiters:
        case Errc::DiskFull:
        case Errc::OverQuota:
        case Errc::Io:
        case Errc::JournalFailed:
        case Errc::Internal: return kRefused;
    }
    return kRefused;
}

}  // namespace steward::cli
