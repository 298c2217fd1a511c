// worker: the process: its services, its command line, its threads. The threads are runtime/.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/expected.hpp"
#include "common/wire/check.hpp"
#include "worker/answer.hpp"
#include "worker/job.hpp"

namespace steward::worker {

/// How a worker's process ends, for whatever watches over it.
enum ExitStatus : int {
    kExitEnded = 0,     // as it was told to: SIGTERM, SIGINT, --help
    kExitFailed = 1,    // the system refused what is needed, or a worker could not be made
    kExitUsage = 2,     // the command line or the environment is wrong; starting again is useless
    kExitReplace = 75,  // EX_TEMPFAIL: start a fresh one. A job ran into a limit and would not
                        // stop, or the process has served as long as its options say
};

/// A service's code. Each work thread has an object of its own: its calls never overlap, and it
/// needs no locks for what is its own.
class Worker {
public:
    Worker() = default;
    virtual ~Worker() = default;

    /// A value returned is success with that value, Answer::ok() success without one, fail("why") a
    /// failure. An exception is a failure with its text.
    virtual Answer work(const Job& job) = 0;

    /// Called once after three heartbeat intervals without work, and not again until work has come.
    virtual void idle() {}

protected:
    Worker(const Worker&) = default;
    Worker& operator=(const Worker&) = default;
};

/// What a program serves besides what the command line says.
struct ServiceEntry {
    std::string name;
    std::function<std::unique_ptr<Worker>()> make;  // called once for each work thread
};

/// An option of the program's own: `--flag VALUE`, `--flag` alone, or what stands behind `--`.
struct ExtraOption {
    std::string flag;  // "--file"; of the words behind `--`: what they are, "COMMAND"
    std::variant<std::string*, bool*, std::vector<std::string>*> value;
    std::string help;
};

/// Thread: main's.
class Program {
public:
    /// Pre: `argv` outlives the program.
    Program(int argc, char** argv) : argc_(argc), argv_(argv) {}

    /// What the program is, in one sentence: the beginning of its --help and of its manual page.
    Program& about(std::string what) {
        about_ = std::move(what);
        return *this;
    }

    /// `--flag VALUE` puts VALUE into `value`, which outlives the program, before any worker is
    /// made.
    Program& option(std::string flag, std::string& value, std::string help) {
        options_.push_back({std::move(flag), &value, std::move(help)});
        return *this;
    }

    /// `--flag` makes `value` true.
    Program& flag(std::string flag, bool& value, std::string help) {
        options_.push_back({std::move(flag), &value, std::move(help)});
        return *this;
    }

    /// All that stands behind the first `--` goes into `words`, unread.
    Program& rest(std::string name, std::vector<std::string>& words, std::string help) {
        options_.push_back({std::move(name), &words, std::move(help)});
        return *this;
    }

    /// Called when the options above have been set and nothing has begun. An error is told, and the
    /// program ends with kExitUsage.
    Program& check(std::function<base::Expected<void>()> is_usable) {
        checks_.push_back(std::move(is_usable));
        return *this;
    }

    /// Called when somebody asks how this worker is: it may say more in `text` and add counters,
    /// also such as only those may see who have the admin secret (`privileged`). It runs on the
    /// thread that serves the connection, beside the work or between two jobs, and must not block.
    Program& tells(std::function<void(wire::Check&)> complete) {
        tells_ = std::move(complete);
        return *this;
    }

    /// Jobs hold their memory elsewhere, as in processes that the workers start: the workers see to
    /// memory_limit, and this process is not measured.
    Program& limits_memory_itself() {
        limits_memory_itself_ = true;
        return *this;
    }

    /// Serves `service` by a W for each work thread, made from copies of `args` (std::ref passes).
    template <std::derived_from<Worker> W, class... Args>
    Program& serve(std::string service, Args... args) {
        services_.push_back(
            {std::move(service), [args...] { return std::make_unique<W>(args...); }});
        return *this;
    }

    /// Serves `service` by a function: `[](const Job& job) { return …; }`. Each work thread calls a
    /// copy of its own.
    template <class F>

    requires std::is_invocable_r_v<Answer, F&, const Job&> Program& serve(std::string service,
                                                                          F function) {
        return serve<Function<F>>(std::move(service), std::move(function));
    }

    /// Serves until SIGTERM, SIGINT or an option such as --max-jobs says so, then gives back what
    /// has not been started, finishes what runs, and returns an ExitStatus. Does not return when
    /// work goes on in spite of its stop token: then it ends the process with kExitReplace, without
    /// destructors and exit handlers, which might wait for that work.
    [[nodiscard]] int run();

private:
    template <class F>
    class Function : public Worker {
    public:
        explicit Function(F function) : function_(std::move(function)) {}

        Answer work(const Job& job) override { return std::invoke(function_, job); }

    private:
        F function_;
    };

    int argc_;
    char** argv_;
    std::string about_;
    std::vector<ServiceEntry> services_;
    std::vector<ExtraOption> options_;
    std::vector<std::function<base::Expected<void>()>> checks_;
    std::function<void(wire::Check&)> tells_;
    bool limits_memory_itself_ = false;
};

/// The whole main of a worker with one service: W::kService names it unless --service-name does.
template <std::derived_from<Worker> W>
requires std::default_initializable<W>

[[nodiscard]] int run(int argc, char** argv) {
    std::string service;
    if constexpr (requires { std::string(W::kService); }) {
        service = W::kService;
    }
    return Program(argc, argv).serve<W>(std::move(service)).run();
}

}  // namespace steward::worker
