#include "worker/runtime/work_thread.hpp"

#include <chrono>
#include <exception>
#include <utility>

#include "common/posix/clock.hpp"
#include "common/posix/resident_memory.hpp"

namespace steward::worker {
namespace {

constexpr const char* kNoText = "something was thrown that is no std::exception";

model::Outcome failure(model::Verdict verdict, std::string why) {
    return {verdict, std::move(why), {}, {}};
}

JobOrder order_of(wire::native::Assign job) {
    JobOrder order{job.attempt,
                   std::move(job.service),
                   std::move(job.params),
                   std::move(job.meta),
                   {},
                   std::move(job.options)};
    if (job.time_limit > base::Duration::zero()) {
        order.deadline = std::chrono::steady_clock::now() + job.time_limit;
    }
    return order;
}

Exchange::Report run_task(Exchange& exchange, Seat& seat, JobLink& link, Exchange::Task task) {
    Exchange::Report report;
    report.attempt = task.job.attempt;
    if (task.stop.stop_requested()) {
        report.outcome = failure(model::Verdict::Failed, "stopped before it was begun");
        return report;
    }
    const base::MonoTime start = posix::read_mono();
    const Job job(order_of(std::move(task.job)), link, std::move(task.stop));
    report.outcome = seat.work(job);
    report.run_time = posix::read_mono() - start;
    if (exchange.wants_memory()) {
        report.resident_bytes = posix::resident_bytes().value_or(0);
    }
    if (report.outcome.verdict == model::Verdict::Failed ||
        report.outcome.verdict == model::Verdict::FailedForGood) {
        exchange.remark({"job_failed", job.id().text(), report.outcome.text});
    }
    return report;
}

}  // namespace

Seat::Seat(const std::vector<ServiceEntry>& services) {
    for (const ServiceEntry& service : services) {
        workers_.emplace(service.name, service.make());
    }
}

model::Outcome Seat::work(const Job& job) {
    const auto worker = workers_.find(job.service());
    if (worker == workers_.end()) {
        return failure(model::Verdict::Failed,
                       "this worker does not serve " + std::string(job.service()));
    }
    try {
        return worker->second->work(job).outcome(job.raw_params().encoding);
    } catch (const BadParams& error) {
        return failure(model::Verdict::FailedForGood, error.what());
    } catch (const std::exception& error) {
        return failure(model::Verdict::Failed, error.what());
    } catch (...) {
        return failure(model::Verdict::Failed, kNoText);
    }
}

std::vector<std::string> Seat::idle() {
    std::vector<std::string> thrown;
    for (const auto& [service, worker] : workers_) {
        try {
            worker->idle();
        } catch (const std::exception& error) {
            thrown.push_back(service + ": " + error.what());
        } catch (...) {
            thrown.push_back(service + ": " + kNoText);
        }
    }
    return thrown;
}

void run_work_thread(Exchange& exchange, Seat& seat, JobLink& link) {
    std::uint64_t idle_seen = 0;
    std::optional<Exchange::Report> done;
    while (true) {
        Exchange::Next next = exchange.next(std::exchange(done, std::nullopt), idle_seen);
        switch (next.turn) {
            case Exchange::Turn::Work:
                done = run_task(exchange, seat, link, std::move(*next.task));
                break;
            case Exchange::Turn::Idle:
                for (std::string& thrown : seat.idle()) {
                    exchange.remark({"idle_failed", "", std::move(thrown)});
                }
                break;
            case Exchange::Turn::End: return;
        }
    }
}

}  // namespace steward::worker
