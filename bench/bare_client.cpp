// bench: a client of the bare forwarder, as lean as one can be: one thread, one DEALER.
#include <array>
#include <sstream>
#include <vector>

#include <zmq.hpp>

#include "bench/child.hpp"
#include "bench/subjects.hpp"

namespace steward::bench {
namespace {

class Bare : public Subject {
public:
    Bare() : forwarder_("steward-bench-bare", {"forwarder"}) {
        std::istringstream line(forwarder_.line_with("ready"));
        std::string ready;
        std::string front;
        std::string back;
        line >> ready >> front >> back;
        for (auto& worker : workers_) {
            worker = std::make_unique<Child>("steward-bench-bare",
                                             std::vector<std::string>{"worker", back});
        }
        socket_.set(zmq::sockopt::sndhwm, 0);
        socket_.set(zmq::sockopt::rcvhwm, 0);
        socket_.set(zmq::sockopt::linger, 0);
        socket_.connect("tcp://127.0.0.1:" + front);
        exchange(1000, 1);  // both ends are connected and warm
    }

    Figures measure(const Workload& workload) override {
        payload_.assign(workload.payload_bytes, 'x');
        Figures figures;
        const double cpu = forwarder_.cpu_seconds();
        const auto start = Clock::now();
        exchange(workload.background_jobs, workload.background_jobs);
        const auto jobs = static_cast<double>(workload.background_jobs);
        figures.jobs_per_second = jobs / seconds_since(start);
        figures.server_cpu_us_per_job = (forwarder_.cpu_seconds() - cpu) * 1e6 / jobs;

        std::vector<double> times;
        for (std::size_t i = 0; i < workload.calls_one_by_one; ++i) {
            const auto begin = Clock::now();
            exchange(1, 1);
            times.push_back(seconds_since(begin) * 1e6);
        }
        figures.call_p50_us = percentile(times, 0.5);
        figures.call_p99_us = percentile(times, 0.99);

        const auto flight = Clock::now();
        exchange(workload.calls_in_flight, workload.in_flight);
        figures.calls_per_second =
            static_cast<double>(workload.calls_in_flight) / seconds_since(flight);
        return figures;
    }

private:
    // Sends `count` jobs, at most `window` unanswered, and waits for all answers.
    void exchange(std::size_t count, std::size_t window) {
        std::size_t sent = 0;
        std::size_t answered = 0;
        std::array<zmq::pollitem_t, 1> items = {zmq::pollitem_t{socket_, 0, ZMQ_POLLIN, 0}};
        while (answered < count) {
            while (sent < count && sent - answered < window) {
                socket_.send(zmq::buffer(payload_), zmq::send_flags::none);
                ++sent;
            }
            zmq::message_t frame;
            bool got = false;
            while (socket_.recv(frame, zmq::recv_flags::dontwait)) {
                ++answered;
                got = true;
            }
            if (!got) {
                zmq::poll(items, std::chrono::milliseconds{-1});
            }
        }
    }

    Child forwarder_;
    std::array<std::unique_ptr<Child>, 2> workers_;
    zmq::context_t context_;
    zmq::socket_t socket_{context_, zmq::socket_type::dealer};
    std::string payload_ = std::string(100, 'x');
};

}  // namespace

std::unique_ptr<Subject> bare_forwarder() {
    return std::make_unique<Bare>();
}

}  // namespace steward::bench
