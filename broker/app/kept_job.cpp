#include "broker/app/kept_job.hpp"

namespace steward::app {

std::optional<base::Error> kept_job_fault(const model::JobOptions& options) {
    const char* name = options.sync             ? "sync"
                       : options.wait           ? "wait"
                       : options.run_at         ? "run_at"
                       : !options.after.empty() ? "after"
                       : !options.batch.empty() ? "batch"
                                                : nullptr;
    if (name == nullptr) {
        return std::nullopt;
    }
    return base::Error{
        base::Errc::BadOption,
        "a job that the broker submits itself cannot have the option " + std::string(name),
        {}};
}

}  // namespace steward::app
