// worker/runtime: what one work thread does: take a job, call work(), hand in the outcome. User
// code runs here and nowhere else, but for stop callbacks.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "worker/program.hpp"
#include "worker/runtime/exchange.hpp"

namespace steward::worker {

/// The Worker objects of one work thread, by service.
class Seat {
public:
    explicit Seat(const std::vector<ServiceEntry>& services);

    /// Calls work() of the job's service. Whatever it throws is a failure: with its text, and for
    /// good when the params were bad.
    [[nodiscard]] model::Outcome work(const Job& job);
    /// Calls idle() of every service. Returns what they threw, each "service: text".
    [[nodiscard]] std::vector<std::string> idle();

private:
    using Workers = std::map<std::string, std::unique_ptr<Worker>, std::less<>>;

    Workers workers_;
    Workers::value_type* last_ = nullptr;  // of the last job: mostly the next one's too
};

/// Runs until the exchange says End. `serve` is called when it says Serve.
void run_work_thread(Exchange& exchange,
                     Seat& seat,
                     JobLink& link,
                     const std::function<void(const Exchange::Desk&)>& serve = {});

}  // namespace steward::worker
