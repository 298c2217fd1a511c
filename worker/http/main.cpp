// worker/http: steward-worker-http, a worker that posts each job to a URL:
// docs/ready-made-workers.md.
#include <functional>

#include "common/posix/signal_fd.hpp"
#include "worker/http/http_worker.hpp"

int main(int argc, char** argv) {
    namespace http = steward::worker::http;
    steward::posix::ignore_write_signals();
    http::Given given;
    http::Settings settings;
    return steward::worker::Program(argc, argv)
        .about("A worker that posts each job to a URL.")
        .option("--url", given.url, "Where jobs are posted to: https://host:port/path")
        .option("--body", given.body, "The params as json, or raw: as the client sent them")
        .option("--secret", given.secret_file, "File with the secret that signs requests")
        .option("--headers", given.headers_file, "File with more headers, \"Name: value\" a line")
        .option("--ca", given.ca_file, "File with the certificates to trust; else the system's")
        .option("--certificate", given.certificate_file, "File with a certificate of our own")
        .option("--key", given.key_file, "File with its key; else in the same file")
        .option("--connect-timeout", given.connect_timeout, "Until there is a connection")
        .option("--timeout", given.timeout, "From a request's begin to its answer's end")
        .option("--response-max", given.response_max, "Largest answer")
        .option("--snooze-max", given.snooze_max, "Longest Retry-After that is heeded")
        .check([&]() -> steward::base::Expected<void> {
            auto checked = http::check(given);
            if (!checked) {
                return steward::base::Unexpected(std::move(checked.error()));
            }
            settings = std::move(*checked);
            return {};
        })
        .serve<http::HttpWorker>("", std::cref(settings))
        .run();
}
