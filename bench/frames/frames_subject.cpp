// bench: the bare forwarder, and the broker driven by the old dialects: raw ZeroMQ sockets at both
// ends, a window of jobs in flight.
#include "bench/frames/frames_subject.hpp"

#include <algorithm>
#include <array>
#include <sstream>

#include <zmq.hpp>

#include "bench/frames/dialect.hpp"
#include "bench/peers/side.hpp"
#include "bench/running_broker.hpp"

namespace steward::bench {
namespace {

constexpr std::size_t kWorkerProcesses = 2;

class FramesStarted final : public Started {
public:
    FramesStarted(const FramesSettings& settings, const Shape& shape)
        : dialect_(frame_dialect(settings.dialect)) {
        const bool is_broker = !settings.dialect.starts_with("forwarder");
        if (is_broker) {
            server_ =
                std::make_unique<Child>("steward-broker", broker_args(folder(), kQuietConfig));
        } else {
            server_ =
                std::make_unique<Child>("steward-bench-forwarder",
                                        settings.one_job_a_worker ? std::vector<std::string>{"one"}
                                                                  : std::vector<std::string>{});
        }
        const std::string line = server_->line_with("ready");
        std::string front;
        std::string back;
        if (is_broker) {
            front = port_after(line, "clients ");
            back = port_after(line, "workers ");
        } else {
            std::string ready;
            std::istringstream(line) >> ready >> front >> back;
        }
        start_workers(settings.dialect, back, shape);
        for (std::size_t i = 0; i < shape.clients; ++i) {
            clients_.push_back(socket_of(context_, zmq::socket_type::dealer));
            clients_.back().connect("tcp://127.0.0.1:" + front);
            items_.push_back({clients_.back(), 0, ZMQ_POLLIN, 0});
        }
    }

    void submit(const Load& load) override { exchange(load, 'x'); }

    void call(const Load& load) override { exchange(load, kCallMark); }

private:
    void exchange(const Load& load, char first_byte) {
        payload_.assign(load.payload_bytes, 'x');
        payload_.front() = first_byte;
        std::size_t sent = 0;
        std::size_t answered = 0;
        while (answered < load.jobs) {
            for (; sent < load.jobs && sent - answered < load.window; ++sent) {
                Frames request = dialect_->request(payload_);
                send(clients_[sent % clients_.size()], request);
            }
            const std::size_t came = take_answers();
            answered += came;
            if (came == 0) {
                zmq::poll(items_, std::chrono::milliseconds{-1});
            }
        }
    }

    static constexpr const char* kQuietConfig =
        "[lifecycle]\nenabled = false\n[[service]]\nname = \"s0\"\n";

    void start_workers(const std::string& dialect, const std::string& port, const Shape& shape) {
        const std::size_t processes = std::min(shape.workers, kWorkerProcesses);
        for (std::size_t i = 0; i < processes; ++i) {
            const std::size_t sockets =
                shape.workers / processes + (i < shape.workers % processes ? 1 : 0);
            workers_.push_back(std::make_unique<Child>(
                "steward-bench-frames-worker",
                std::vector<std::string>{
                    dialect, port, tally_file(), std::to_string(i), std::to_string(sockets)}));
        }
    }

    std::size_t take_answers() {
        constexpr std::size_t kTurn = 1024;  // before more is sent
        std::size_t came = 0;
        Frames answer;
        for (zmq::socket_t& client : clients_) {
            while (came < kTurn && receive(client, answer)) {
                require(dialect_->is_result(answer));
                ++came;
            }
        }
        return came;
    }

    std::unique_ptr<FrameDialect> dialect_;
    zmq::context_t context_;
    std::vector<zmq::socket_t> clients_;
    std::vector<zmq::pollitem_t> items_;
    std::string payload_;
};

class FramesSubject final : public Subject {
public:
    explicit FramesSubject(FramesSettings settings) : settings_(std::move(settings)) {}

    [[nodiscard]] std::string name() const override { return settings_.name; }

    [[nodiscard]] std::string title(bool /*durable*/) const override { return settings_.title; }

    [[nodiscard]] Abilities abilities() const override { return {.keeps_jobs = false}; }

    [[nodiscard]] std::unique_ptr<Started> start(const Shape& shape) const override {
        return std::make_unique<FramesStarted>(settings_, shape);
    }

private:
    FramesSettings settings_;
};

}  // namespace

std::unique_ptr<Subject> frames_subject(FramesSettings settings) {
    return std::make_unique<FramesSubject>(std::move(settings));
}

}  // namespace steward::bench
