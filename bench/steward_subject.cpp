// bench: the real broker with real worker processes, driven through the client library.
#include "bench/steward_subject.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include "bench/figures.hpp"
#include "bench/peers/side.hpp"
#include "bench/running_broker.hpp"
#include "bench/steward_crowd.hpp"
#include "client/client.hpp"

namespace steward::bench {
namespace {

using namespace std::chrono_literals;

constexpr double kPatienceSeconds = 60;
constexpr const char* kConfig =
    "[limits]\njobs_max = 100000000\njobs_per_service_max = 100000000\n"
    "payload_bytes_total_max = \"64GiB\"\n[[service]]\nname = \"s0\"\n";
constexpr const char* kWithoutLog = "[lifecycle]\nenabled = false\n";

// Requests that are open. The sender waits when there are as many as may be, until half of them are
// answered: to be woken for each would cost more than the request. It outlives the last answer's
// callback, which may still look at it when the sender goes on.
class Window {
public:
    void set_most(std::size_t most) { most_ = most; }

    void enter() {
        if (open_.load() >= most_) {
            wait_for(most_ / 2);
        }
        open_.fetch_add(1);
    }

    void leave(bool well) {
        if (!well) {
            all_well_.store(false);
        }
        const std::size_t open = open_.fetch_sub(1) - 1;
        if (is_waiting_.load() && open <= wanted_.load()) {
            is_waiting_.store(false);
            is_waiting_.notify_one();
        }
    }

    void wait_for_all() {
        wait_for(0);
        require(all_well_.load());
    }

private:
    void wait_for(std::size_t open) {
        wanted_.store(open);
        while (open_.load() > open) {
            is_waiting_.store(true);
            if (open_.load() > open) {
                is_waiting_.wait(true);
            }
        }
        is_waiting_.store(false);
    }

    std::size_t most_ = 1;
    std::atomic<std::size_t> open_ = 0;
    std::atomic<std::size_t> wanted_ = 0;
    std::atomic<bool> is_waiting_ = false;
    std::atomic<bool> all_well_ = true;
};

// Calls of which so many are in flight: the answer of one starts the next, on the client's thread.
// Kept by their callbacks, the last of which may still look at them when run() has returned.
class Calls : public std::enable_shared_from_this<Calls> {
public:
    Calls(client::Client& client,
          const std::vector<std::string>& services,
          client::Params payload,
          std::size_t jobs)
        : client_(client), services_(services), payload_(std::move(payload)), jobs_(jobs) {}

    void run(std::size_t in_flight) {
        for (std::size_t i = 0; i < in_flight; ++i) {
            start_next();
        }
        is_over_.wait(false);
    }

private:
    void start_next() {
        const std::size_t job = started_.fetch_add(1);
        if (job < jobs_) {
            client_.call_async(services_[job % services_.size()],
                               payload_,
                               {},
                               [self = shared_from_this()](auto answer) {
                                   require(went_well(answer));
                                   self->end_one();
                               });
        }
    }

    void end_one() {
        start_next();
        if (ended_.fetch_add(1) + 1 == jobs_) {
            is_over_.store(true);
            is_over_.notify_one();
        }
    }

    client::Client& client_;
    const std::vector<std::string>& services_;
    client::Params payload_;
    std::size_t jobs_;
    std::atomic<std::size_t> started_ = 0;
    std::atomic<std::size_t> ended_ = 0;
    std::atomic<bool> is_over_ = false;
};

class StewardStarted final : public Started {
public:
    StewardStarted(const Shape& shape, bool has_log) : shape_(shape) {
        const std::string config = has_log ? kConfig : std::string(kConfig) + kWithoutLog;
        server_ = std::make_unique<Child>("steward-broker", broker_args(folder(), config));
        const std::string line = server_->line_with("ready");
        start_workers(port_after(line, "workers "));
        client::Options options;
        options.brokers = {"127.0.0.1:" + port_after(line, "clients ")};
        client_ = std::make_unique<client::Client>(options);
        if (shape.clients > 1) {
            crowd_ = std::make_unique<StewardCrowd>(options, shape.clients);
        }
        for (std::size_t i = 0; i < shape.services; ++i) {
            services_.push_back(service_name(i));
        }
        wait_for_workers();
    }

    void submit(const Load& load) override {
        const client::Params payload = payload_of(load, 'x');
        client::JobOptions options;
        options.durable = shape_.durable;
        if (crowd_) {
            submit_of_many(load, payload, options);
            return;
        }
        window_.set_most(load.window);
        for (std::size_t i = 0; i < load.jobs; ++i) {
            window_.enter();
            client_->submit_async(
                service_of(i), payload, options, [this](auto id) { window_.leave(went_well(id)); });
        }
        window_.wait_for_all();
    }

    void call(const Load& load) override {
        const client::Params payload = payload_of(load, kCallMark);
        if (load.window == 1) {
            for (std::size_t i = 0; i < load.jobs; ++i) {
                require(went_well(client_->call(service_of(i), payload)));
            }
            return;
        }
        std::make_shared<Calls>(*client_, services_, payload, load.jobs)->run(load.window);
    }

private:
    static client::Params payload_of(const Load& load, char first_byte) {
        std::string bytes(load.payload_bytes, 'x');
        bytes.front() = first_byte;
        return model::Payload{model::Encoding::Opaque, base::Blob::copy(bytes)};
    }

    // They submit in turn, as the connections of a peer do.
    void submit_of_many(const Load& load,
                        const client::Params& payload,
                        const client::JobOptions& options) {
        std::size_t sent = 0;
        std::size_t answered = 0;
        while (answered < load.jobs) {
            for (; sent < load.jobs && sent - answered < load.window; ++sent) {
                crowd_->client(sent % crowd_->size())
                    .submit_async(service_of(sent), payload, options, [&answered](auto id) {
                        require(went_well(id));
                        ++answered;
                    });
            }
            crowd_->step();
        }
    }

    const std::string& service_of(std::size_t job) { return services_[job % services_.size()]; }

    // Each is a process: that is what the library makes.
    void start_workers(const std::string& port) {
        for (std::size_t i = 0; i < shape_.workers; ++i) {
            workers_.push_back(
                std::make_unique<Child>("steward-bench-worker",
                                        std::vector<std::string>{"--backend-port",
                                                                 port,
                                                                 "--log-level",
                                                                 "error",
                                                                 "--tally",
                                                                 tally_file(),
                                                                 "--slot",
                                                                 std::to_string(i),
                                                                 "--services",
                                                                 std::to_string(shape_.services)}));
        }
    }

    void wait_for_workers() {
        const auto start = Clock::now();
        for (;;) {
            require(seconds_since(start) < kPatienceSeconds, "the workers do not come");
            const auto workers = client_->query("workers");
            if (workers && workers->size() >= workers_.size()) {
                return;
            }
            std::this_thread::sleep_for(5ms);
        }
    }

    Shape shape_;
    Window window_;
    std::vector<std::string> services_;
    std::unique_ptr<client::Client> client_;
    std::unique_ptr<StewardCrowd> crowd_;  // where there are many
};

class Steward final : public Subject {
public:
    explicit Steward(bool has_log) : has_log_(has_log) {}

    [[nodiscard]] std::string name() const override { return has_log_ ? "steward-log" : "steward"; }

    [[nodiscard]] std::string title(bool durable) const override {
        return std::string(durable ? "Steward, durable" : "Steward") +
               (has_log_ ? ", with its lifecycle log" : "");
    }

    [[nodiscard]] Abilities abilities() const override {
        return has_log_ ? Abilities{.calls = false,
                                    .durable = true,
                                    .keeps_jobs = false,
                                    .many_shapes = false}
                        : Abilities{.durable = true, .many_services = true};
    }

    [[nodiscard]] std::unique_ptr<Started> start(const Shape& shape) const override {
        return std::make_unique<StewardStarted>(shape, has_log_);
    }

private:
    bool has_log_;
};

}  // namespace

std::unique_ptr<Subject> steward_subject() {
    return std::make_unique<Steward>(false);
}

std::unique_ptr<Subject> steward_with_log() {
    return std::make_unique<Steward>(true);
}

}  // namespace steward::bench
