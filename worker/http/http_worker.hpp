// worker/http: a worker whose work is done elsewhere: each job is posted to a URL.
#pragma once

#include "worker/http/poster.hpp"
#include "worker/http/settings.hpp"
#include "worker/worker.hpp"

namespace steward::worker::http {

/// The request for a job at an instant: docs/ready-made-workers.md lists its headers. Throws
/// BadParams.
[[nodiscard]] Request request_of(const Settings& settings, const Job& job, base::WallTime now);

class HttpWorker : public Worker {
public:
    /// Pre: `settings` outlives it. Throws when TLS cannot be set up.
    explicit HttpWorker(const Settings& settings);

    Answer work(const Job& job) override;

    void idle() override { poster_.close(); }

private:
    const Settings& settings_;
    Poster poster_;
};

}  // namespace steward::worker::http
