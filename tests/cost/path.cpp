#include "tests/cost/path.hpp"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "broker/app/options.hpp"
#include "common/wire/native_packed.hpp"

namespace steward::cost {

using namespace std::chrono_literals;

Stage stage = Stage::None;

namespace {

constexpr const char* kClientId = "client";
constexpr std::array<const char*, 2> kWorkerIds = {"worker-0", "worker-1"};
constexpr std::size_t kSlowly = 256;  // jobs a turn
constexpr int kTurnsMax = 10'000'000;

// Marks who is at work, and who was before when it ends.
class At {
public:
    explicit At(Stage now) : before_(std::exchange(stage, now)) {}

    ~At() { stage = before_; }

    At(const At&) = delete;
    At& operator=(const At&) = delete;

private:
    Stage before_;
};

}  // namespace

// What is under way. The queues' own memory is nobody's.
struct Path::Wires final : app::Transport {
    struct Message {
        app::Side side;
        std::string from;
        wire::Frames frames;
    };

    app::SendStatus send(app::Side, std::string_view to, app::Frames& frames) override {
        const At at(Stage::None);
        from_broker[to == kClientId ? 0 : to == kWorkerIds[0] ? 1 : 2].push_back(std::move(frames));
        frames.clear();
        return app::SendStatus::Sent;
    }

    void publish(std::string_view, std::string_view) override {}

    [[nodiscard]] bool has_subscribers() const override { return false; }

    std::deque<Message> to_broker;
    std::array<std::deque<wire::Frames>, 3> from_broker;  // the client, the workers
};

// Takes what the broker's configuration says by default, or no events, and keeps nothing.
struct Path::Log final : app::Sink {
    explicit Log(bool takes_events)
        : wanted(takes_events ? app::BrokerOptions().lifecycle_kinds() : model::EventSet()) {}

    void note(const core::Note&) override {}

    [[nodiscard]] model::EventSet wanted_events() const override { return wanted; }

    void lifecycle(std::string_view, std::size_t) override {}

    void audit(std::string_view) override {}

    model::EventSet wanted;
};

namespace {

std::vector<std::string> service_names(std::size_t count) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < count; ++i) {
        names.push_back("noop-" + std::to_string(i));
    }
    return names;
}

worker::SessionOptions worker_options(const std::vector<std::string>& services) {
    worker::SessionOptions options;
    options.services = services;
    return options;
}

}  // namespace

Path::Path(const Settings& settings)
    : settings_(settings),
      now_{base::MonoTime(1h), base::WallTime(1'700'000'000s)},
      wires_(std::make_unique<Wires>()),
      log_(std::make_unique<Log>(settings.logged)),
      node_(std::make_unique<app::Node>(policy_, now_, 1, *wires_, journal_, *log_)),
      client_({}, now_.mono, 1),
      params_{model::Encoding::Opaque, base::Blob::copy(std::string(settings.payload_bytes, 'x'))},
      packed_(2 * settings.window),
      services_(service_names(settings.services)) {
    client_.connected(now_.mono);
    for (auto& worker : workers_) {
        worker = std::make_unique<worker::Session>(worker_options(services_), now_.mono, 1);
        worker->connected(now_.mono);
    }
    for (int i = 0; i < 10; ++i) {  // hellos and welcomes
        turn();
    }
}

Path::~Path() = default;

void Path::run(std::size_t jobs) {
    to_submit_ = jobs;
    const std::size_t answered = answered_ + jobs;
    const std::size_t finished = finished_ + jobs;
    for (int i = 0; answered_ < answered || finished_ < finished; ++i) {
        if (i == kTurnsMax) {
            std::fprintf(stderr, "the jobs do not end\n");
            std::abort();
        }
        turn();
    }
}

void Path::turn() {
    now_.mono += 10us;
    now_.wall += 10us;
    client_step();
    broker_step();
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        worker_step(i);
    }
    broker_step();
}

void Path::count(const wire::Frames& frames) {
    ++messages_;
    for (const base::Blob& frame : frames) {
        bytes_ += frame.size();
    }
}

void Path::client_step() {
    auto& inbox = wires_->from_broker[0];
    std::vector<wire::Frames> sent;
    {
        const At at(Stage::Client);
        for (const wire::Frames& frames : inbox) {
            client_.on_frames(now_.mono, frames);
            if (!settings_.sync) {
                client_.take_accepted(accepted_);
                answered_ += accepted_.size();
                accepted_.clear();
            }
            while (const auto happening = client_.next_happening()) {
                answered_ +=
                    std::holds_alternative<client::Result>(*happening) ? std::size_t{1} : 0;
            }
        }
        while (to_submit_ > 0 && client_.open() < settings_.window &&
               (settings_.waiting == 0 || submitted_ - finished_ < settings_.waiting)) {
            packing_.clear(SIZE_MAX);
            model::JobOptions options;
            options.durable = settings_.durable;
            auto job = wire::native::pack_job(packing_,
                                              services_[next_service_++ % services_.size()],
                                              params_,
                                              options,
                                              settings_.sync);
            std::string& bytes = packed_[next_packed_++ % packed_.size()];
            bytes = job.bytes;
            job.bytes = bytes;
            if (!client_.submit(std::move(job), {})) {
                break;
            }
            --to_submit_;
            ++submitted_;
        }
        while (auto batch = client_.take_batch(now_.mono)) {
            const At nobody(Stage::None);
            sent.push_back(std::move(*batch));
        }
        while (client_.next_happening()) {
        }
    }
    inbox.clear();
    for (wire::Frames& frames : sent) {
        count(frames);
        wires_->to_broker.push_back({app::Side::Frontend, kClientId, std::move(frames)});
    }
}

void Path::broker_step() {
    {
        const At at(Stage::Broker);
        node_->begin_batch(now_);
        for (const Wires::Message& message : wires_->to_broker) {
            node_->on_frames(message.side, message.from, message.frames);
        }
        node_->end_batch();
    }
    wires_->to_broker.clear();
}

void Path::worker_step(std::size_t index) {
    worker::Session& session = *workers_[index];
    auto& inbox = wires_->from_broker[1 + index];
    std::vector<wire::Frames> sent;
    {
        const At at(Stage::Worker);
        for (const wire::Frames& frames : inbox) {
            session.on_frames(now_.mono, frames);
        }
        while (session.next_action()) {
        }
        for (std::size_t done = 0; settings_.waiting == 0 || done < kSlowly || to_submit_ == 0;
             ++done) {
            const wire::native::Assign* job = session.next_job(now_.mono);
            if (job == nullptr) {
                break;
            }
            ++finished_;
            session.finished(now_.mono, model::Attempt(job->attempt), model::Outcome{}, 1us);
        }
        while (auto batch = session.take_batch(now_.mono)) {
            const At nobody(Stage::None);
            sent.push_back(std::move(*batch));
        }
    }
    inbox.clear();
    for (wire::Frames& frames : sent) {
        count(frames);
        wires_->to_broker.push_back({app::Side::Backend, kWorkerIds[index], std::move(frames)});
    }
}

}  // namespace steward::cost
