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

// The steady clock is the monotonic one, which has been read already.
std::optional<std::chrono::steady_clock::time_point> deadline_of(const wire::native::Assign& job,
                                                                 base::MonoTime begun_at) {
    if (job.time_limit <= base::Duration::zero()) {
        return std::nullopt;
    }
    return std::chrono::steady_clock::time_point(begun_at.time_since_epoch() + job.time_limit);
}

void run_job(Exchange& exchange, Exchange::Desk& desk, Seat& seat, JobLink& link) {
    if (desk.stop.is_requested()) {
        desk.outcome = failure(model::Verdict::Failed, "stopped before it was begun");
        desk.ended_at = desk.begun_at;
        return;
    }
    wire::native::Assign& given = *desk.job;
    desk.outcome = seat.work(Job(given, deadline_of(given, desk.begun_at), link, desk.stop));
    desk.ended_at = posix::read_mono();
    desk.resident_bytes =
        exchange.wants_memory() ? posix::resident_bytes().value_or(0) : std::uint64_t{0};
    if (desk.outcome.verdict == model::Verdict::Failed ||
        desk.outcome.verdict == model::Verdict::FailedForGood) {
        exchange.remark({"job_failed", given.attempt.job.text(), desk.outcome.text});
    }
    given.params = {};
    given.meta = {};
}

}  // namespace

Seat::Seat(const std::vector<ServiceEntry>& services) {
    for (const ServiceEntry& service : services) {
        workers_.emplace(service.name, service.make());
    }
}

model::Outcome Seat::work(const Job& job) {
    if (last_ == nullptr || last_->first != job.service()) {
        const auto found = workers_.find(job.service());
        if (found == workers_.end()) {
            return failure(model::Verdict::Failed,
                           "this worker does not serve " + std::string(job.service()));
        }
        last_ = &*found;
    }
    try {
        return last_->second->work(job).outcome(job.raw_params().encoding);
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

void run_work_thread(Exchange& exchange,
                     Seat& seat,
                     JobLink& link,
                     const std::function<void(const Exchange::Desk&)>& serve) {
    Exchange::Desk desk(exchange);
    while (true) {
        switch (exchange.next(desk)) {
            case Exchange::Turn::Work: run_job(exchange, desk, seat, link); break;
            case Exchange::Turn::Idle:
                for (std::string& thrown : seat.idle()) {
                    exchange.remark({"idle_failed", "", std::move(thrown)});
                }
                break;
            case Exchange::Turn::Serve: serve(desk); break;
            case Exchange::Turn::End: return;
        }
    }
}

}  // namespace steward::worker
