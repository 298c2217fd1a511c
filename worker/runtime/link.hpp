// worker/runtime: joins what a Job may say to the threads that carry it.
#pragma once

#include <functional>
#include <utility>

#include "worker/job.hpp"
#include "worker/runtime/exchange.hpp"

namespace steward::worker {

/// Thread: any.
class Link final : public JobLink {
public:
    using Submit = std::function<base::Expected<model::JobId>(model::JobSpec)>;

    /// Pre: `exchange` outlives this; `submit` may be called by several threads at once.
    Link(Exchange& exchange, Submit submit) : exchange_(exchange), submit_(std::move(submit)) {}

    void partial(const model::Attempt& attempt,
                 model::Payload data,
                 const std::stop_token& stop) override {
        exchange_.partial(attempt, std::move(data), stop);
    }

    void progress(const model::Attempt& attempt,
                  std::uint64_t done,
                  std::uint64_t total,
                  std::string text) override {
        exchange_.progress(attempt, done, total, std::move(text));
    }

    base::Expected<model::JobId> submit(model::JobSpec spec) override {
        return submit_(std::move(spec));
    }

private:
    Exchange& exchange_;
    Submit submit_;
};

}  // namespace steward::worker
