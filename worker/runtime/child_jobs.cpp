#include "worker/runtime/child_jobs.hpp"

#include <utility>

namespace steward::worker {

base::Expected<model::JobId> ChildJobs::submit(model::JobSpec spec) {
    {
        const std::scoped_lock lock(mutex_);
        if (!client_) {
            client::Options options;
            options.brokers = brokers_;
            options.keys = keys_;
            client_.emplace(std::move(options));
        }
    }
    return client_->submit(spec.service.view(), spec.params, spec.options);
}

}  // namespace steward::worker
