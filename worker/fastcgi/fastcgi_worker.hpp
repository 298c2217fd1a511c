// worker/fastcgi: a worker whose work is a script in a FastCGI pool such as php-fpm's.
#pragma once

#include <string>

#include "worker/fastcgi/pool.hpp"
#include "worker/worker.hpp"

namespace steward::worker::fastcgi {

/// As the command line has them; the defaults are what its help shows.
struct Given {
    std::string pool;
    std::string script;
    std::string response_max = "16MiB";
    std::string log_max = "1MiB";
    std::string snooze_max = "1h";
    std::string memory_limit = "none";
};

struct Settings {
    PoolAddress pool;
    std::string script;
    std::uint64_t response_bytes_max = 0;
    std::uint64_t log_bytes_max = 0;
    std::uint64_t memory_bytes_max = 0;  // that PHP is told; 0: nothing
    base::Duration snooze_max{};
};

/// Errors: BadConfig, naming option, rule and value.
[[nodiscard]] base::Expected<Settings> check(const Given& given);

class FastcgiWorker : public Worker {
public:
    /// Pre: `settings` outlives it.
    explicit FastcgiWorker(const Settings& settings) : settings_(settings) {}

    Answer work(const Job& job) override;

private:
    const Settings& settings_;
};

}  // namespace steward::worker::fastcgi
