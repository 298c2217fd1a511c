// bench: the way of a job through the core, again and again: submitted, given out, finished. Prints
// what it allocates; run under callgrind it tells the instructions: those of two numbers of jobs,
// one taken from the other. The core alone: no sockets, no disk, and time is a number.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

#include "broker/core/core.hpp"

namespace {

std::uint64_t g_allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
    ++g_allocations;
    void* const memory = std::malloc(size);
    if (memory == nullptr) {
        std::abort();
    }
    return memory;
}

void operator delete(void* memory) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/) noexcept {
    std::free(memory);
}

namespace {

using namespace steward;
using namespace std::chrono_literals;

constexpr std::uint64_t kClient = 1;
constexpr std::uint64_t kWorker = 2;
constexpr std::size_t kBatch = 64;  // inputs of one turn

class Way {
public:
    Way(bool durable, bool has_worker) : core_(policy(), now_, 1), durable_(durable) {
        core_.set_announcing({});
        if (!has_worker) {
            return;
        }
        core::Ready ready;
        ready.from = {core::Peer{kWorker}, 0, 0};
        ready.name = "bench";
        ready.services = {service_};
        ready.concurrency = kBatch;
        ready.credit_max = kBatch;
        ready.beats_while_busy = true;
        ready.heartbeat_interval = 100h;
        core_.apply(now_, std::move(ready), effects_);
    }

    /// All the way.
    void take(std::size_t jobs) {
        for (std::size_t done = 0; done < jobs; done += kBatch) {
            submit_some();
            finish_them();
        }
    }

    /// Only in: they wait.
    void fill(std::size_t jobs) {
        for (std::size_t done = 0; done < jobs; done += kBatch) {
            submit_some();
        }
    }

private:
    static core::Policy policy() {
        core::Policy policy;
        policy.services.push_back({"service", {}, 0});
        return policy;
    }

    void submit_some() {
        effects_.clear();
        now_.mono += 1us;
        now_.wall += 1us;
        for (std::size_t i = 0; i < kBatch; ++i) {
            core::Submit input;
            input.from = {core::Peer{kClient}, ++numbers_, 0};
            input.submission = {1, numbers_};
            input.spec.service = service_;
            input.spec.params = {model::Encoding::Opaque, params_};
            input.spec.options.durable = durable_;
            core_.apply(now_, std::move(input), effects_);
        }
        core_.apply(now_, core::Acknowledge{1, numbers_ + 1}, effects_);
    }

    void finish_them() {
        finishes_.clear();
        for (const core::Send& send : effects_.sends) {
            if (const auto* assign = std::get_if<core::Assign>(&send.what)) {
                finishes_.push_back(assign->attempt);
            }
        }
        effects_.clear();
        for (const model::Attempt& attempt : finishes_) {
            core::Finish finish;
            finish.from = core::Peer{kWorker};
            finish.attempt = attempt;
            finish.run_time = 1ms;
            core_.apply(now_, std::move(finish), effects_);
        }
    }

    base::Now now_{base::MonoTime{1000s}, base::WallTime{1'700'000'000s}};
    core::Core core_;
    bool durable_;
    core::Effects effects_;
    model::ServiceName service_ = *model::ServiceName::parse("service");
    base::Blob params_ = base::Blob::copy(std::string(100, 'p'));
    std::vector<model::Attempt> finishes_;
    std::uint64_t numbers_ = 0;
};

}  // namespace

// Arguments: "volatile" or "durable"; how many jobs; "fill" for the first half of the way.
int main(int argc, char** argv) {
    const bool durable = argc > 1 && std::string_view(argv[1]) == "durable";
    const std::size_t jobs = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 100'000;
    const bool fills = argc > 3 && std::string_view(argv[3]) == "fill";
    Way way(durable, !fills);
    fills ? way.fill(10 * kBatch) : way.take(10 * kBatch);
    const std::uint64_t before = g_allocations;
    fills ? way.fill(jobs) : way.take(jobs);
    std::printf("%s: %.2f allocations a job\n",
                durable ? "durable" : "volatile",
                static_cast<double>(g_allocations - before) / static_cast<double>(jobs));
    return 0;
}
