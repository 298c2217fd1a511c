// tests/e2e: a pseudo-terminal of a given size for one child: what it shows, what is typed, and how
// the line was left. Knows no program.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "tests/e2e/harness/process.hpp"
#include "tests/e2e/harness/screen.hpp"

namespace steward::e2e {

/// Give path() to a child as CommandLine::terminal; it must end before this object does.
class Terminal {
public:
    Terminal(std::size_t rows, std::size_t columns);
    ~Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }

    void type(std::string_view keys) const;
    /// The child hears of it as it would of a window that is pulled.
    void resize(std::size_t rows, std::size_t columns);

    /// What it shows now.
    [[nodiscard]] Screen screen() const;
    /// Waits until it shows what is wanted.
    [[nodiscard]] bool shows(const std::function<bool(const Screen&)>& condition) const;
    [[nodiscard]] bool shows(std::string_view text) const;
    /// The modes of its line (echo, signals, …) as text: to be compared only.
    [[nodiscard]] std::string modes() const;

private:
    void set_size(std::size_t rows, std::size_t columns) const;
    void read_output();

    int ours_ = -1;
    int theirs_ = -1;
    std::string path_;
    mutable std::mutex mutex_;
    Screen screen_;
    std::atomic<bool> is_over_ = false;
    std::thread reader_;
};

}  // namespace steward::e2e
