#include "supervisor/app/broker_watch.hpp"

#include <array>
#include <mutex>
#include <optional>
#include <utility>

#include "client/brokers.hpp"
#include "common/base/whole_number.hpp"
#include "common/posix/host_name.hpp"

namespace steward::supervisor {
namespace {

using nlohmann::json;

constexpr std::array<const char*, 3> kQuestions = {"services", "workers", "active"};
constexpr std::uint16_t kClientPort = 5555;

std::string word_in(const json& row, const char* key) {
    const auto found = row.find(key);
    return found != row.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t count_in(const json& row, const char* key) {
    const auto found = row.find(key);
    return found != row.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

base::Duration seconds_in(const json& row, const char* key) {
    const auto found = row.find(key);
    if (found == row.end() || !found->is_number()) {
        return {};
    }
    return std::chrono::duration_cast<base::Duration>(
        std::chrono::duration<double>(found->get<double>()));
}

std::map<std::string, Load, std::less<>> services_of(const json& rows) {
    std::map<std::string, Load, std::less<>> services;
    for (const json& row : rows) {
        services[word_in(row, "service")] = {.waiting = count_in(row, "ready"),
                                             .running = count_in(row, "active"),
                                             .oldest = seconds_in(row, "oldest_ready")};
    }
    return services;
}

std::vector<WorkerFigures> workers_of(const json& rows, const json& active) {
    std::map<std::string, std::vector<std::string>> jobs;
    for (const json& row : active) {
        jobs[word_in(row, "worker")].push_back(word_in(row, "jobid"));
    }
    std::vector<WorkerFigures> workers;
    for (const json& row : rows) {
        const pid_t pid = local_pid_in(word_in(row, "name"), posix::host_name());
        if (pid != 0) {
            workers.push_back({.pid = pid,
                               .ended = {count_in(row, "succeeded"), count_in(row, "failed")},
                               .jobs = jobs[word_in(row, "workerid")]});
        }
    }
    return workers;
}

}  // namespace

struct BrokerWatch::Inbox {
    explicit Inbox(posix::WakeFd its_wake) : wake(std::move(its_wake)) {}

    void put(std::size_t question, std::uint64_t of_round, base::Expected<json> answer) {
        const std::lock_guard lock(mutex);
        if (of_round == round) {
            ++answered;
            answers.at(question) = answer && answer->is_array() ? std::move(*answer) : json();
            wake.wake();
        }
    }

    posix::WakeFd wake;
    std::mutex mutex;
    std::uint64_t round = 0;  // answers to older questions are nothing to anybody
    std::size_t answered = kQuestions.size();
    std::array<json, kQuestions.size()> answers;
};

BrokerWatch::BrokerWatch(std::shared_ptr<Inbox> inbox) : inbox_(std::move(inbox)) {}

BrokerWatch::~BrokerWatch() = default;
BrokerWatch::BrokerWatch(BrokerWatch&&) noexcept = default;

base::Expected<BrokerWatch> BrokerWatch::open() {
    auto wake = posix::WakeFd::open();
    if (!wake) {
        return base::Unexpected(std::move(wake.error()));
    }
    return BrokerWatch(std::make_shared<Inbox>(std::move(*wake)));
}

int BrokerWatch::fd() const {
    return inbox_->wake.fd();
}

void BrokerWatch::ask(const std::string& broker, const keys::KeyFiles& keys) {
    using namespace std::chrono_literals;
    if (broker != broker_ || keys != keys_) {
        client_.reset();
        broker_ = broker;
        keys_ = keys;
        const auto endpoints = client::broker_endpoints(broker, kClientPort);
        if (!broker.empty() && endpoints) {
            client::Options options;
            options.brokers = *endpoints;
            options.keys = keys;
            options.timeout = 5s;
            options.connect_timeout = 2s;
            client_ = std::make_unique<client::Client>(std::move(options));
        }
    }
    if (client_ == nullptr) {
        return;
    }
    std::uint64_t round = 0;
    {
        const std::lock_guard lock(inbox_->mutex);
        if (inbox_->answered < kQuestions.size()) {
            return;
        }
        inbox_->answered = 0;
        round = ++inbox_->round;
    }
    for (std::size_t i = 0; i < kQuestions.size(); ++i) {
        client_->query_async(kQuestions.at(i),
                             {},
                             std::nullopt,
                             [inbox = inbox_, i, round](base::Expected<json> answer) {
                                 inbox->put(i, round, std::move(answer));
                             });
    }
}

bool BrokerWatch::look() {
    inbox_->wake.clear();
    const std::lock_guard lock(inbox_->mutex);
    const auto& [services, workers, active] = inbox_->answers;
    const bool is_whole = inbox_->answered == kQuestions.size() && services.is_array() &&
                          workers.is_array() && active.is_array();
    if (is_whole) {
        figures_ = {services_of(services), workers_of(workers, active)};
        inbox_->answers = {};
    }
    return is_whole;
}

pid_t local_pid_in(std::string_view worker_name, std::string_view host) {
    const std::size_t colon = worker_name.rfind(':');
    const std::size_t space = worker_name.rfind(' ', colon);
    if (colon == std::string_view::npos || space == std::string_view::npos ||
        worker_name.substr(space + 1, colon - space - 1) != host) {
        return 0;
    }
    return base::parse_whole<pid_t>(worker_name.substr(colon + 1)).value_or(0);
}

}  // namespace steward::supervisor
