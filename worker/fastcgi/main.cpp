// worker/fastcgi: steward-worker-fastcgi, a worker that hands jobs to php-fpm or another FastCGI
// pool: docs/ready-made-workers.md.
#include <functional>

#include "worker/fastcgi/fastcgi_worker.hpp"

int main(int argc, char** argv) {
    namespace fastcgi = steward::worker::fastcgi;
    fastcgi::Given given;
    fastcgi::Settings settings;
    return steward::worker::Program(argc, argv)
        .about("A worker that hands each job to php-fpm or another FastCGI pool.")
        .option("--pool", given.pool, "Socket of the pool: unix:/run/php/php-fpm.sock, HOST:PORT")
        .option("--script", given.script, "Path of the script, as the pool sees it")
        .option("--response-max", given.response_max, "Largest answer")
        .option("--log-max", given.log_max, "So much of a script's errors is logged for each job")
        .option("--memory-limit",
                given.memory_limit,
                "What PHP may use for a job, at most; \"none\": as the pool has it")
        .option("--snooze-max", given.snooze_max, "Longest Retry-After that is heeded")
        .check([&]() -> steward::base::Expected<void> {
            auto checked = fastcgi::check(given);
            if (!checked) {
                return steward::base::Unexpected(std::move(checked.error()));
            }
            settings = std::move(*checked);
            return {};
        })
        .limits_memory_itself()  // memory is the pool's, which is told --memory-limit
        .serve<fastcgi::FastcgiWorker>("", std::cref(settings))
        .run();
}
