// supervisor/app: what the broker tells of queues, workers and running jobs, asked now and then
// without waiting for it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

#include "client/client.hpp"
#include "common/base/time.hpp"
#include "common/posix/wake_fd.hpp"
#include "supervisor/policy/refresh.hpp"
#include "supervisor/policy/scaler.hpp"

namespace steward::supervisor {

/// A worker of this machine, as the broker knows it.
struct WorkerFigures {
    pid_t pid = 0;
    JobCounts ended;
    std::vector<std::string> jobs;  // that it runs
};

struct BrokerFigures {
    std::map<std::string, Load, std::less<>> services;
    std::vector<WorkerFigures> workers;
};

/// Thread: one; the client has its own and only leaves answers here.  Blocks: never.
/// Bound: one question of each kind at a time.
class BrokerWatch {
public:
    /// Errors: Io.
    [[nodiscard]] static base::Expected<BrokerWatch> open();
    ~BrokerWatch();
    BrokerWatch(BrokerWatch&&) noexcept;
    BrokerWatch& operator=(BrokerWatch&&) = delete;

    /// Asks for everything, unless the last questions are still open. `broker`: HOST[:PORT] or an
    /// endpoint; another one than before, or other keys, end what is open.
    void ask(const std::string& broker, const keys::KeyFiles& keys);
    /// Readable when an answer has come.
    [[nodiscard]] int fd() const;
    /// Takes what has come. True: the figures are new, and all of one time.
    [[nodiscard]] bool look();

    [[nodiscard]] const BrokerFigures& figures() const { return figures_; }

private:
    struct Inbox;
    explicit BrokerWatch(std::shared_ptr<Inbox> inbox);

    std::shared_ptr<Inbox> inbox_;
    std::string broker_;
    keys::KeyFiles keys_;
    std::unique_ptr<client::Client> client_;
    BrokerFigures figures_;
};

/// The worker's pid in the name that it tells the broker ("steward-cpp HOST:PID"), when it is of
/// this machine; else 0.
[[nodiscard]] pid_t local_pid_in(std::string_view worker_name, std::string_view host);

}  // namespace steward::supervisor
