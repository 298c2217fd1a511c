#include "worker/runtime/io_loop.hpp"

#include <utility>

#include "common/posix/clock.hpp"
#include "common/posix/resident_memory.hpp"

namespace steward::worker {
namespace {

// Masters that are there go at once when they are told to.
constexpr base::Duration kPartingPatience = 1s;
// Messages read in one turn: a broker that sends without end must not keep outcomes from leaving.
constexpr int kMessagesPerTurnMax = 256;

}  // namespace

IoLoop::IoLoop(const Parts& parts, std::vector<std::string> brokers)
    : parts_(parts), brokers_(std::move(brokers)), told_troubles_(brokers_.size()) {}

base::Expected<Left> IoLoop::run() {
    while (true) {
        const auto left = turn();
        if (!left) {
            return base::Unexpected(left.error());
        }
        if (*left) {
            parts_.log.write(log::Level::Info, "left");
            if (parts_.masters != nullptr) {
                parts_.masters->part(kPartingPatience);
            }
            disconnect();
            return **left;
        }
        if (parts_.exchange.hands_over()) {
            do {
                parts_.alarm->wait();
            } while (!parts_.exchange.takes_over());
        }
    }
}

void IoLoop::serve(const Exchange::Desk& desk) {
    do {
        if (!turn()) {
            parts_.exchange.give_up_serving();
            return;
        }
    } while (parts_.exchange.serves_on(desk));
}

base::Expected<std::optional<Left>> IoLoop::turn() {
    if (connection_ != nullptr && progress_.has_moved(*connection_, posix::read_mono())) {
        parts_.exchange.moved();
    }
    parts_.exchange.on_time();
    measure_memory();
    answer_questions();
    if (const auto broker = parts_.exchange.take_connect()) {
        connect(*broker);
    }
    flush();
    const Exchange::State state = parts_.exchange.state();
    log_changes(state);
    if (state.left) {
        return state.left;
    }
    if (auto waited = wait(state.deadline); !waited) {
        return base::Unexpected(std::move(waited.error()));
    }
    if (poller_.is_readable(wake_slot_)) {
        parts_.wake.clear();
    }
    if (poller_.is_readable(signals_slot_)) {
        read_signals();
    }
    read_masters();
    read_links();
    read_messages();
    return std::nullopt;
}

base::Expected<void> IoLoop::wait(std::optional<base::MonoTime> deadline) {
    const base::MonoTime now = posix::read_mono();
    const auto beat = parts_.notify.beat(now);
    if (beat && (!deadline || *beat < *deadline)) {
        deadline = beat;
    }
    if (parts_.masters != nullptr) {
        parts_.masters->watch(poller_);
        const auto look = parts_.masters->next_look();
        if (look && (!deadline || *look < *deadline)) {
            deadline = look;
        }
    }
    auto ready = poller_.wait_until(deadline, now);
    return ready ? base::Expected<void>{} : base::Unexpected(std::move(ready.error()));
}

void IoLoop::connect(std::size_t broker) {
    disconnect();
    if (parts_.serves_masters) {
        connection_ = parts_.masters->connect();
        connection_->add_to(poller_);
        return;
    }
    net::SocketOptions options;
    options.reconnect = std::nullopt;  // the session decides when and where
    options.bound.bytes_max = model::kBrokersMessageBytesMax;
    options.curve = parts_.curve;
    auto connection = net::connect(parts_.context, brokers_.at(broker), options);
    if (!connection) {
        parts_.log.write(log::Level::Warning,
                         "cannot_connect",
                         {{"broker", brokers_.at(broker)}, {"why", connection.error().message}});
        parts_.exchange.disconnected();
        return;
    }
    connection_ = std::move(*connection);
    progress_ = {};
    connection_->add_to(poller_);
}

void IoLoop::disconnect() {
    poller_.clear();
    connection_.reset();
    pending_.clear();
    wake_slot_ = poller_.add(parts_.wake.fd());
    signals_slot_ = poller_.add(parts_.signals.fd());
    if (parts_.masters != nullptr) {
        parts_.masters->add_to(poller_);
    }
}

void IoLoop::measure_memory() {
    if (!parts_.exchange.take_measure()) {
        return;
    }
    const auto bytes = posix::resident_bytes();
    if (!bytes) {
        parts_.log.write(
            log::Level::Error, "cannot_measure_memory", {{"why", bytes.error().message}});
    }
    parts_.exchange.resident(bytes.value_or(0));
}

// The broker has seen to it that who asks may.
void IoLoop::answer_questions() {
    for (const Asked& asked : parts_.exchange.take_asked()) {
        std::string answer;
        if (asked.what == "check" && parts_.check) {
            answer = wire::to_json(parts_.check(asked.privileged));
        } else if (asked.what == "stop" && asked.privileged) {
            answer = R"({"stopping":true})";
            leave("one who knows the broker's secret said so");
        }
        parts_.exchange.told(asked.number, base::Blob::copy(answer));
    }
}

void IoLoop::read_signals() {
    while (const auto signal = parts_.signals.next()) {
        const std::string number = std::to_string(*signal);
        if (std::exchange(was_told_to_leave_, true)) {
            parts_.log.write(log::Level::Warning, "stopping_work", {{"signal", number}});
            parts_.exchange.stop_all();
        } else {
            parts_.log.write(log::Level::Info, "leaving", {{"signal", number}});
            parts_.notify.say("STOPPING=1");
            parts_.exchange.leave();
        }
    }
}

void IoLoop::leave(const char* why) {
    if (!std::exchange(was_told_to_leave_, true)) {
        parts_.log.write(log::Level::Info, "leaving", {{"why", why}});
        parts_.notify.say("STOPPING=1");
        parts_.exchange.leave();
    }
}

void IoLoop::read_masters() {
    if (parts_.masters == nullptr) {
        return;
    }
    parts_.masters->turn();
    if (const std::size_t times = parts_.masters->front().take_refusals(); times != 0) {
        parts_.log.write(log::Level::Warning, "secret_refused", {{"times", std::to_string(times)}});
    }
    for (const net::UnfinishedCut& cut : parts_.masters->take_cuts()) {
        parts_.log.write(log::Level::Warning,
                         "message_unfinished",
                         {{"from", cut.address},
                          {"bytes", std::to_string(cut.bytes)},
                          {"meaning", "a message that did not end; its connection was closed"}});
    }
    for (const net::ZapQuestion& refused : parts_.masters->take_refused_keys()) {
        parts_.log.write(log::Level::Warning,
                         "key_refused",
                         {{"address", refused.address}, {"public_key", refused.public_key}});
    }
    if (parts_.masters->front().take_stop()) {
        leave("a master that knows the secret said so");
    }
    if (parts_.masters->is_abandoned() && !std::exchange(was_abandoned_, true)) {
        leave("its master is gone");
        parts_.exchange.stop_all();  // nobody waits for what still runs
    }
}

void IoLoop::read_links() {
    while (connection_ != nullptr) {
        const auto event = connection_->next_link();
        if (!event) {
            return;
        }
        switch (*event) {
            case net::LinkEvent::Connected: parts_.exchange.connected(); break;
            case net::LinkEvent::Disconnected:
            case net::LinkEvent::Refused:
                if (const std::string why = connection_->refusal(); !why.empty()) {
                    parts_.log.write(log::Level::Error, "refused", {{"why", why}});
                }
                disconnect();
                parts_.exchange.disconnected();
                break;
        }
    }
}

void IoLoop::read_messages() {
    wire::Frames frames;
    for (int i = 0; connection_ != nullptr && i < kMessagesPerTurnMax; ++i) {
        switch (connection_->receive(frames)) {
            case net::ReceiveStatus::Received: parts_.exchange.on_frames(frames); break;
            case net::ReceiveStatus::Nothing:
            case net::ReceiveStatus::Closed: return;
            case net::ReceiveStatus::TooLarge:
                parts_.exchange.on_frames({});  // what was in it is lost: begin anew
                break;
        }
    }
}

void IoLoop::flush() {
    bool is_blocked = false;
    while (connection_ != nullptr && !is_blocked) {
        if (pending_.empty()) {
            auto batch = parts_.exchange.take_batch();
            if (!batch) {
                break;
            }
            pending_ = std::move(*batch);
        }
        is_blocked = connection_->send(pending_) == net::SendStatus::WouldBlock;
        if (!is_blocked) {
            pending_.clear();
        }
    }
    if (connection_ != nullptr) {
        connection_->watch(poller_, is_blocked);
    }
}

void IoLoop::log_changes(const Exchange::State& state) {
    for (const Exchange::Remark& remark : parts_.exchange.take_remarks()) {
        const auto level = remark.is_warning ? log::Level::Warning : log::Level::Info;
        if (remark.job.empty()) {
            parts_.log.write(level, remark.event, {{"why", remark.why}});
        } else {
            parts_.log.write(level, remark.event, {{"job", remark.job}, {"why", remark.why}});
        }
    }
    const bool was_registered = std::exchange(was_registered_, state.is_registered);
    if (state.is_registered == was_registered) {
        if (!state.is_registered && !state.is_leaving) {
            log_trouble(state);
        }
        return;
    }
    told_troubles_.assign(brokers_.size(), {});
    const std::string& broker = brokers_.at(state.broker);
    if (state.is_registered) {
        parts_.log.write(log::Level::Info, "ready", {{"broker", broker}});
        parts_.notify.say("READY=1");
    } else if (!state.is_leaving) {
        told_troubles_.at(state.broker) = state.trouble;
        parts_.log.write(
            log::Level::Warning, "broker_lost", {{"broker", broker}, {"why", state.trouble}});
    }
}

// Once for each broker and reason: it is tried again and again.
void IoLoop::log_trouble(const Exchange::State& state) {
    std::string& told = told_troubles_.at(state.broker);
    if (state.trouble.empty() || told == state.trouble) {
        return;
    }
    told = state.trouble;
    parts_.log.write(log::Level::Warning,
                     "not_ready",
                     {{"broker", brokers_.at(state.broker)}, {"why", state.trouble}});
}

}  // namespace steward::worker
