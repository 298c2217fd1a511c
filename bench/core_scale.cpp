// bench: what one operation of the core costs while few and while very many jobs wait. The core
// alone: no sockets, no disk, and time is a number. Prints nanoseconds, medians over many small
// batches, and how much dearer than with the fewest jobs.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "broker/core/core.hpp"
#include "common/base/prng.hpp"

namespace {

using namespace steward;
using namespace std::chrono_literals;

constexpr std::size_t kBatches = 41;
constexpr std::size_t kBatch = 100;
constexpr std::size_t kFanRounds = 9;
constexpr std::uint64_t kClient = 1;
constexpr std::uint64_t kWorker = 2;
const std::string kParams(100, 'p');

model::ServiceName service(std::size_t number) {
    return *model::ServiceName::parse("service-" + std::to_string(number));
}

core::Policy policy_of(std::size_t services) {
    core::Policy policy;
    policy.limits.jobs_max = 100'000'000;
    policy.limits.jobs_per_service_max = 100'000'000;
    policy.limits.in_flight_max = 200'000'000;
    policy.limits.report_rows_max = 100;
    for (std::size_t i = 0; i < services; ++i) {
        core::ServicePolicy one;
        one.name = std::string(service(i).view());
        policy.services.push_back(std::move(one));
    }
    return policy;
}

// A broker with jobs waiting in `services` queues, of `groups` groups, in random order.
class Waiting {
public:
    Waiting(std::size_t jobs, std::size_t services, std::size_t groups)
        : core_(policy_of(services), now_, 1), params_(base::Blob::copy(kParams)) {
        core_.set_announcing({});
        for (std::size_t i = 0; i < services; ++i) {
            names_.push_back(service(i));
        }
        for (std::size_t i = 0; i < groups; ++i) {
            groups_.emplace_back("group-" + std::to_string(i));
        }
        for (std::size_t i = 0; i < jobs; ++i) {
            waiting_.push_back(submit({}));
        }
    }

    void apply(core::Input&& input) {
        effects_.clear();
        core_.apply(now_, std::move(input), effects_);
    }

    model::JobId submit(model::JobOptions options) {
        core::Submit input;
        input.from = {core::Peer{kClient}, ++numbers_, 0};
        input.submission = {1, numbers_};
        if (!groups_.empty()) {
            options.group = groups_[random_.below(groups_.size())];
        }
        input.spec = {names_[random_.below(names_.size())],
                      {model::Encoding::Opaque, params_},
                      std::move(options)};
        apply(std::move(input));
        const model::JobId job = std::get<core::JobTaken>(effects_.sends.back().what).job;
        if (numbers_ % 1024 == 0) {
            apply(core::Acknowledge{1, numbers_});
        }
        return job;
    }

    void cancel_one() {
        const std::size_t at = random_.below(waiting_.size());
        const model::JobId job = waiting_[at];
        waiting_[at] = waiting_.back();
        waiting_.pop_back();
        cancel(job);
    }

    void cancel(const model::JobId& job) {
        core::CancelJobs cancel;
        cancel.which.jobs = {job};
        apply(core::Operator{{core::Peer{kClient}, 0, 0}, std::move(cancel)});
    }

    // A job after all that wait.
    model::JobId submit_after_all() {
        model::JobOptions options;
        options.after = waiting_;
        return submit(std::move(options));
    }

    model::JobId submit_after(const model::JobId& job) {
        model::JobOptions options;
        options.after = {job};
        return submit(std::move(options));
    }

    [[nodiscard]] const model::JobId& running() const { return assigned_.job; }

    void list_page(core::Cursor& cursor) {
        core::Query query;
        query.from = {core::Peer{kClient}, 0, 0};
        query.kind = core::QueryKind::List;
        query.after = cursor;
        apply(std::move(query));
        const auto& answer = std::get<core::Answer>(effects_.sends.back().what);
        cursor = std::get<model::ListReport>(*answer.report).next;
    }

    // Each of these jobs is held back by its delay and expires before it.
    void submit_expiring() {
        model::JobOptions options;
        options.delay = 2h;
        options.expires_in = 1h;
        submit(std::move(options));
    }

    void expire_all() {
        now_ = {now_.mono + 1h, now_.wall + 1h};
        apply(core::Tick{});
    }

    void add_worker() {
        core::Ready ready;
        ready.from = {core::Peer{kWorker}, 0, 0};
        ready.name = "bench";
        for (std::size_t i = 0; i < std::min<std::size_t>(names_.size(), 4000); ++i) {
            ready.services.push_back(names_[i]);
        }
        ready.beats_while_busy = true;
        ready.heartbeat_interval = 100h;
        apply(std::move(ready));
        take_assigned();
    }

    // One job ends and the next is given out.
    void finish_one() {
        core::Finish finish;
        finish.from = core::Peer{kWorker};
        finish.attempt = assigned_;
        finish.run_time = 50ms;  // too long to be given anything ahead
        apply(std::move(finish));
        take_assigned();
    }

private:
    void take_assigned() {
        for (const core::Send& send : effects_.sends) {
            if (const auto* assign = std::get_if<core::Assign>(&send.what)) {
                assigned_ = assign->attempt;
            }
        }
    }

    base::Now now_{base::MonoTime{1000s}, base::WallTime{1'700'000'000s}};
    core::Core core_;
    core::Effects effects_;
    base::Blob params_;
    base::Prng random_{1};
    std::vector<model::ServiceName> names_;
    std::vector<model::Label> groups_;
    std::vector<model::JobId> waiting_;
    std::uint64_t numbers_ = 0;
    model::Attempt assigned_;
};

double nanoseconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start)
        .count();
}

double median(std::vector<double> costs) {
    const auto middle = costs.begin() + static_cast<std::ptrdiff_t>(costs.size() / 2);
    std::ranges::nth_element(costs, middle);
    return *middle;
}

// The median cost of one call, over kBatches batches of kBatch.
double cost_of(const std::function<void()>& call, std::size_t batch = kBatch) {
    std::vector<double> costs;
    for (std::size_t i = 0; i < kBatches; ++i) {
        const auto start = std::chrono::steady_clock::now();
        for (std::size_t j = 0; j < batch; ++j) {
            call();
        }
        costs.push_back(nanoseconds_since(start) / static_cast<double>(batch));
    }
    return median(std::move(costs));
}

struct Row {
    std::string name;
    double submit = 0;
    double dispatch = 0;
    double cancel = 0;
    double expire = 0;
    double list = 0;
};

Row measure(std::string name, std::size_t jobs, std::size_t services, std::size_t groups) {
    Row row;
    row.name = std::move(name);
    Waiting waiting(jobs, services, groups);
    row.submit = cost_of([&] { waiting.submit({}); });
    row.cancel = cost_of([&] { waiting.cancel_one(); }, std::min(kBatch, jobs / kBatches / 2 + 1));
    core::Cursor cursor = 0;
    row.list = cost_of([&] { waiting.list_page(cursor); }, 10);
    std::vector<double> expiries;
    for (std::size_t i = 0; i < kBatches; ++i) {
        for (std::size_t j = 0; j < kBatch; ++j) {
            waiting.submit_expiring();
        }
        const auto start = std::chrono::steady_clock::now();
        waiting.expire_all();
        expiries.push_back(nanoseconds_since(start) / kBatch);
    }
    row.expire = median(std::move(expiries));
    waiting.add_worker();
    row.dispatch = cost_of([&] { waiting.finish_one(); }, 10);
    return row;
}

// Nanoseconds for each dependency: the median of some rounds.
double fan_in(std::size_t jobs) {
    std::vector<double> costs;
    for (std::size_t i = 0; i < kFanRounds; ++i) {
        Waiting waiting(jobs, 1, 0);
        const auto start = std::chrono::steady_clock::now();
        const model::JobId last = waiting.submit_after_all();
        waiting.add_worker();
        for (std::size_t done = 0; done < jobs; ++done) {
            waiting.finish_one();
        }
        costs.push_back(nanoseconds_since(start) / static_cast<double>(jobs));
        if (waiting.running() != last) {
            std::fprintf(stderr, "the last of a fan-in does not run\n");
            std::exit(EXIT_FAILURE);
        }
    }
    return median(std::move(costs));
}

double fan_out(std::size_t jobs) {
    std::vector<double> costs;
    for (std::size_t i = 0; i < kFanRounds; ++i) {
        Waiting waiting(0, 1, 0);
        const model::JobId first = waiting.submit({});
        const auto start = std::chrono::steady_clock::now();
        for (std::size_t j = 0; j < jobs; ++j) {
            waiting.submit_after(first);
        }
        waiting.cancel(first);
        costs.push_back(nanoseconds_since(start) / static_cast<double>(jobs));
    }
    return median(std::move(costs));
}

void print_fans(std::size_t few, std::size_t many) {
    const double in = fan_in(few);
    const double out = fan_out(few);
    std::printf("\nnanoseconds a job (times the first line)\n%-28s %15s %15s\n",
                "after",
                "fan-in, run",
                "fan-out, die");
    for (const std::size_t jobs : {few, many}) {
        const double one = fan_in(jobs);
        const double other = fan_out(jobs);
        std::printf(
            "%-28zu %8.0f (%4.1f) %8.0f (%4.1f)\n", jobs, one, one / in, other, other / out);
    }
}

void print(const Row& row, const Row& first) {
    std::printf("%-28s", row.name.c_str());
    for (const double Row::*column :
         {&Row::submit, &Row::dispatch, &Row::cancel, &Row::expire, &Row::list}) {
        std::printf(" %8.0f (%4.1f)", row.*column, row.*column / (first.*column));
    }
    std::printf("\n");
    std::fflush(stdout);
}

}  // namespace

// Arguments: the numbers of waiting jobs; 1000, 100000 and 10000000 without.
int main(int argc, char** argv) {
    std::vector<std::size_t> depths;
    for (int i = 1; i < argc; ++i) {
        depths.push_back(std::max<std::size_t>(std::strtoull(argv[i], nullptr, 10), 500));
    }
    if (depths.empty()) {
        depths = {1'000, 100'000, 10'000'000};
    }
    std::printf(
        "nanoseconds an operation, median (times the first line)\n%-28s %15s %15s %15s %15s %15s\n",
        "jobs waiting",
        "submit",
        "finish+dispatch",
        "cancel",
        "expire",
        "list 100");
    Row first;
    for (const std::size_t depth : depths) {
        const Row row = measure(std::to_string(depth), depth, 1, 0);
        first = first.name.empty() ? row : first;
        print(row, first);
    }
    print(measure("100000, 10000 services", 100'000, 10'000, 0), first);
    print(measure("100000, 10000 groups", 100'000, 1, 10'000), first);
    print(measure("1000000, both", 1'000'000, 10'000, 10'000), first);
    print_fans(100, 10'000);
    return 0;
}
