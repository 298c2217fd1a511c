// worker/exec: steward-worker-exec, a worker whose work is any command: docs/ready-made-workers.md.
#include <functional>

#include "common/posix/signal_fd.hpp"
#include "worker/exec/exec_worker.hpp"

namespace {

namespace exec = steward::worker::exec;
using steward::worker::Program;

void describe_bounds(Program& program, exec::Given& given) {
    program
        .option("--time-limit",
                given.time_limit,
                "Longest run of the command, where the job has no shorter one")
        .option("--memory-limit",
                given.memory_limit,
                "Memory of the command and all that it starts, where the job has no lower one")
        .option("--kill-after",
                given.kill_after,
                "Between SIGTERM and SIGKILL; shorter than the broker's stop_grace")
        .option(
            "--output-max", given.output_max, "Largest output; a line of it with --stream lines")
        .option("--log-max", given.log_max, "So much of its standard error is logged for each job")
        .option("--limits",
                given.limits,
                "Resource limits of each process: as, core, cpu, data, fsize, memlock, nofile, "
                "nproc, stack (\"nofile=256,cpu=60\")")
        .option("--user", given.user, "User to run the command as; the worker runs as root then")
        .option("--directory", given.directory, "Directory to run the command in");
}

}  // namespace

int main(int argc, char** argv) {
    steward::posix::ignore_write_signals();  // a command need not read its input
    exec::Given given;
    exec::Settings settings;
    Program program(argc, argv);
    program.about("A worker whose work is any command, run below a steward-job-keeper of its own.")
        .option("--input", given.input, "Its standard input: params as json, text, or none")
        .option("--result", given.result, "What its standard output is: text, json or bytes")
        .option("--stream", given.stream, "Send output at once as partials: none, lines, chunks")
        .option("--snooze", given.snooze, "After exit status 75 the job runs again in so long");
    describe_bounds(program, given);
    return program
        .rest("COMMAND [ARGUMENT…]",
              given.command,
              "{{params.KEY}} and others in it are "
              "replaced; see docs/ready-made-workers.md")
        .check([&]() -> steward::base::Expected<void> {
            auto checked = exec::check(given);
            if (!checked) {
                return steward::base::Unexpected(std::move(checked.error()));
            }
            settings = std::move(*checked);
            return {};
        })
        .limits_memory_itself()
        .serve<exec::ExecWorker>("", std::cref(settings))
        .run();
}
