// bench: a peer as a subject: its server in a folder of its own, its workers in two processes, its
// clients here.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <unistd.h>

#include "bench/figures.hpp"
#include "bench/peers/lines.hpp"
#include "bench/peers/peer.hpp"

namespace steward::bench {
namespace {

using namespace std::chrono_literals;

constexpr double kStartSeconds = 60;
constexpr std::size_t kWorkerProcesses = 2;
constexpr std::size_t kUnwrittenBytesMax = 64UL << 10U;  // said before it is written

class PeerStarted final : public Started {
public:
    PeerStarted(const Peer& peer, const Shape& shape) : peer_(peer), shape_(shape) {
        const Place place{folder(), free_port(), free_port()};
        helper_ = peer.helper(place);
        const Command command = peer.server(path_of(peer.program()), place, shape.durable);
        server_ = std::make_unique<Child>(command);
        wait_until_it_listens(place.port, command);
        port_ = place.port;
        submitters_ = std::make_unique<Lines>();
        for (std::size_t i = 0; i < shape.clients; ++i) {
            submitters_->add(place.port, peer.submitter(shape));
        }
        submitters_->wait_until_open();
        start_workers(peer.worker_port(place));
    }

    // RabbitMQ takes its time to end, and its folder goes anyway.
    ~PeerStarted() override {
        workers_.clear();
        server_->kill_now();
    }

    void submit(const Load& load) override {
        exchange(*submitters_, submitters_->size(), load, 'x');
    }

    void call(const Load& load) override {
        if (!callers_) {
            callers_ = std::make_unique<Lines>();
            for (auto& side : peer_.caller(shape_)) {
                callers_->add(port_, std::move(side));
            }
            callers_->wait_until_open();
        }
        exchange(*callers_, 1, load, kCallMark);
    }

private:
    void wait_until_it_listens(std::uint16_t port, const Command& command) const {
        const auto start = Clock::now();
        for (;;) {
            const int socket = connect_to(port);
            if (socket >= 0) {
                ::close(socket);
                return;
            }
            if (!server_->is_running() || seconds_since(start) > kStartSeconds) {
                std::ostringstream said;
                said << std::ifstream(command.log).rdbuf();
                give_up(command.program + " does not start: " + said.str());
            }
            std::this_thread::sleep_for(1ms);
        }
    }

    void start_workers(std::uint16_t port) {
        const std::size_t processes = std::min(shape_.workers, kWorkerProcesses);
        for (std::size_t i = 0; i < processes; ++i) {
            const std::size_t sessions =
                shape_.workers / processes + (i < shape_.workers % processes ? 1 : 0);
            workers_.push_back(
                std::make_unique<Child>("steward-bench-peer-worker",
                                        std::vector<std::string>{peer_.name(),
                                                                 std::to_string(port),
                                                                 tally_file(),
                                                                 std::to_string(i),
                                                                 std::to_string(sessions),
                                                                 std::to_string(shape_.services)}));
        }
        for (const auto& worker : workers_) {
            (void)worker->line_with("ready");
        }
    }

    // The first `senders` lines send in turn, each its share of the window.
    void exchange(Lines& lines, std::size_t senders, const Load& load, char first_byte) {
        payload_.assign(load.payload_bytes, 'x');
        payload_.front() = first_byte;
        const std::uint64_t before = lines.done();
        std::size_t sent = 0;
        std::size_t answered = 0;
        while (answered < load.jobs) {
            for (bool any = true; any && sent < load.jobs && sent - answered < load.window;) {
                any = false;
                for (std::size_t i = 0; i < senders; ++i) {
                    std::string& out = lines.out(turn_ % senders);
                    if (sent < load.jobs && sent - answered < load.window &&
                        out.size() < kUnwrittenBytesMax) {
                        lines.side(turn_ % senders).send(out, sent % shape_.services, payload_);
                        ++sent;
                        any = true;
                    }
                    ++turn_;
                }
            }
            const bool is_blocked = !lines.flush();
            lines.step(is_blocked || sent == load.jobs || sent - answered >= load.window);
            answered = lines.done() - before;
        }
    }

    const Peer& peer_;
    Shape shape_;
    std::uint16_t port_ = 0;
    std::unique_ptr<Child> helper_;
    std::unique_ptr<Lines> submitters_;
    std::unique_ptr<Lines> callers_;
    std::string payload_;
    std::size_t turn_ = 0;
};

class PeerSubject final : public Subject {
public:
    explicit PeerSubject(std::unique_ptr<Peer> peer) : peer_(std::move(peer)) {}

    [[nodiscard]] std::string name() const override { return peer_->name(); }

    [[nodiscard]] std::string title(bool durable) const override { return peer_->title(durable); }

    [[nodiscard]] Abilities abilities() const override { return peer_->abilities(); }

    [[nodiscard]] std::string missing() const override {
        return path_of(peer_->program()).empty() ? peer_->program() : std::string();
    }

    [[nodiscard]] std::unique_ptr<Started> start(const Shape& shape) const override {
        return std::make_unique<PeerStarted>(*peer_, shape);
    }

private:
    std::unique_ptr<Peer> peer_;
};

}  // namespace

std::vector<std::unique_ptr<Peer>> peers() {
    std::vector<std::unique_ptr<Peer>> all;
    all.push_back(bare_relay());
    all.push_back(gearmand(false));
    all.push_back(gearmand(true));
    all.push_back(beanstalkd());
    all.push_back(nats());
    all.push_back(redis_lists());
    all.push_back(redis_kept_lists());
    all.push_back(redis_streams());
    all.push_back(rabbitmq());
    return all;
}

std::string path_of(const std::string& program) {
    if (program.starts_with('/')) {
        return ::access(program.c_str(), X_OK) == 0 ? program : std::string();
    }
    const char* path = std::getenv("PATH");
    std::istringstream folders(std::string(path == nullptr ? "" : path) +
                               ":/usr/local/sbin:/usr/sbin:/sbin");
    for (std::string folder; std::getline(folders, folder, ':');) {
        const std::string file = folder + "/" + program;
        if (!folder.empty() && ::access(file.c_str(), X_OK) == 0) {
            return file;
        }
    }
    return {};
}

std::unique_ptr<Subject> subject_of(std::unique_ptr<Peer> peer) {
    return std::make_unique<PeerSubject>(std::move(peer));
}

}  // namespace steward::bench
