// bench: the real broker in a temporary folder with real worker processes, and requests to it with
// many in flight. Measures nothing itself.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "bench/child.hpp"
#include "bench/subject.hpp"
#include "client/client.hpp"

namespace steward::bench {

/// Whether it went well; says what did not.
template <class Result>
bool went_well(const Result& result) {
    if (!result) {
        std::fprintf(stderr, "steward-bench: %s\n", result.error().message.c_str());
    }
    return result.has_value();
}

/// The port that a program's ready line names behind `key`.
[[nodiscard]] std::string port_after(const std::string& line, const std::string& key);

/// What to start a broker with on free ports, with its data and this configuration in `folder`.
[[nodiscard]] std::vector<std::string> broker_args(const std::filesystem::path& folder,
                                                   const std::string& config);

/// A number of the broker's row of the service; 0 while it does not know the service.
[[nodiscard]] std::uint64_t count_of(client::Client& client,
                                     std::string_view service,
                                     const char* what);

struct RunningSettings {
    bool lifecycle = false;  // keeps the lifecycle log
    std::string checkpoint_bytes_min = "64MiB";
    std::size_t workers = 2;  // processes, of the service noop
    std::size_t clients = 1;
    enum class Over { LocalStreams, ZeroMq, ZeroMqWithKeys } over = Over::LocalStreams;
};

/// Started by the constructor, which returns when the workers are known to the broker; ended by the
/// destructor.
class RunningBroker {
public:
    explicit RunningBroker(const RunningSettings& settings);

    [[nodiscard]] client::Client& client(std::size_t index = 0) { return *clients_[index]; }

    [[nodiscard]] std::size_t clients() const { return clients_.size(); }

    [[nodiscard]] double cpu_seconds() const { return broker_.cpu_seconds(); }

    /// "127.0.0.1:PORT" for clients, and where the news are.
    [[nodiscard]] std::string at() const { return "127.0.0.1:" + port_after(line_, "clients "); }

    [[nodiscard]] std::string news_at() const { return "127.0.0.1:" + port_after(line_, "news "); }

    /// A number of the broker's row of the service; 0 while it does not know the service.
    [[nodiscard]] std::uint64_t count_of(std::string_view service, const char* what) {
        return bench::count_of(client(), service, what);
    }

    /// Bytes in the journal's folder.
    [[nodiscard]] std::uint64_t journal_bytes() const;
    /// The number of the last checkpoint, which is less than that of files begun; 0: none.
    [[nodiscard]] std::uint64_t last_checkpoint() const;

private:
    [[nodiscard]] static std::string config_of(const RunningSettings& settings,
                                               const std::filesystem::path& folder);
    /// Flags for who speaks to a broker with keys; none without.
    [[nodiscard]] std::vector<std::string> make_keys(const RunningSettings& settings) const;

    TemporaryFolder folder_;
    std::vector<std::string> key_flags_;
    Child broker_;
    std::string line_;  // by which it said that it is ready
    std::vector<std::unique_ptr<Child>> workers_;
    std::vector<std::unique_ptr<client::Client>> clients_;
};

/// Starts `count` requests with `start(index, done)`, at most `window` of them open, and waits for
/// all; each calls `done(ok)` once, on any thread.
template <class Start>
void run_many(std::size_t count, std::size_t window, Start start) {
    struct Progress {
        std::mutex mutex;
        std::condition_variable changed;
        std::size_t window = 1;
        std::size_t open = 0;
        bool all_well = true;
    } progress;

    progress.window = window;

    // One pointer, so that a std::function of it needs no allocation, which would be measured too.
    const auto done = [&progress](bool ok) {
        const std::lock_guard lock(progress.mutex);
        progress.all_well = progress.all_well && ok;
        if (--progress.open == progress.window - 1 || progress.open == 0) {
            progress.changed.notify_one();
        }
    };
    for (std::size_t i = 0; i < count; ++i) {
        {
            std::unique_lock lock(progress.mutex);
            progress.changed.wait(lock, [&] { return progress.open < window; });
            ++progress.open;
        }
        start(i, done);
    }
    std::unique_lock lock(progress.mutex);
    progress.changed.wait(lock, [&] { return progress.open == 0; });
    require(progress.all_well);
}

}  // namespace steward::bench
