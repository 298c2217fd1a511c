// worker/runtime: how work() submits other jobs: a client connection, made when the first is.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "client/client.hpp"

namespace steward::worker {

/// Thread: any.
class ChildJobs {
public:
    ChildJobs(std::vector<std::string> brokers, keys::KeyFiles keys)
        : brokers_(std::move(brokers)), keys_(std::move(keys)) {}

    /// Waits until the broker has the job. Errors: those of client::Client::submit().
    [[nodiscard]] base::Expected<model::JobId> submit(model::JobSpec spec);

private:
    std::vector<std::string> brokers_;
    keys::KeyFiles keys_;
    std::mutex mutex_;
    std::optional<client::Client> client_;
};

}  // namespace steward::worker
