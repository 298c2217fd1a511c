// tests/e2e: one child process: started with a captured output, waited for by condition, never left
// behind. Knows no broker and no protocol.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace steward::e2e {

/// How long a wait lasts before the test gives up: long enough for a loaded machine and sanitizers.
inline constexpr std::chrono::seconds kPatience{60};

struct CommandLine {
    std::string program;
    std::vector<std::string> args;
    std::map<std::string, std::string> environment;  // on top of the test's own
    std::string directory;                           // empty: the test's own
    std::string input = {};     // a file to read as standard input; empty: the test's own
    std::string terminal = {};  // its controlling terminal and all its streams; empty: none
};

/// What a child left when it ended: its exit code, or 128 + the signal that killed it.
using ExitCode = int;

/// A running child. It dies with the test process (PR_SET_PDEATHSIG) and at the latest with this
/// object.
///
/// Thread: the one that made it.
class Process {
public:
    /// Aborts the test case when the program cannot be started.
    explicit Process(const CommandLine& command);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }

    /// The first line of stdout or stderr that contains `part`; waits for it. Nothing: the patience
    /// or the process ended first.
    [[nodiscard]] std::optional<std::string> wait_for_line(
        std::string_view part, std::chrono::milliseconds patience = kPatience);
    /// Everything it has printed so far, what its pipe still holds included.
    [[nodiscard]] std::string standard_output() const;
    [[nodiscard]] std::string standard_error() const;

    void signal(int number) const;
    /// Nothing: still running when the patience ended.
    [[nodiscard]] std::optional<ExitCode> wait(std::chrono::milliseconds patience = kPatience);
    /// SIGKILL, and waits until it is gone.
    void kill();

private:
    void read_outputs();
    [[nodiscard]] std::string printed(int descriptor, std::string& text) const;

    pid_t pid_ = -1;
    int exit_watch_ = -1;  // a pidfd: readable when the child has ended
    int out_ = -1;
    int err_ = -1;
    std::optional<ExitCode> exit_code_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    mutable std::string out_text_;  // what is taken from a pipe had been printed before
    mutable std::string err_text_;
    bool outputs_ended_ = false;
    std::thread reader_;
};

struct Finished {
    ExitCode code = 0;
    std::string out;
    std::string err;
};

/// Runs a program to its end. Fails the test case when it does not end within `patience`.
[[nodiscard]] Finished run(const CommandLine& command,
                           std::chrono::milliseconds patience = kPatience);

/// The path of a program of this build, such as "steward-broker".
[[nodiscard]] std::string built_program(std::string_view name);

}  // namespace steward::e2e
