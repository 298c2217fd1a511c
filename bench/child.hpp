// bench: a program that is measured: started, waited for until it is ready, ended with this object.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace steward::bench {

/// A program that is not one of ours.
struct Command {
    std::string program;  // its whole path
    std::vector<std::string> args;
    std::vector<std::string> environment;  // NAME=value, beside this process's own
    std::string log;                       // a file that takes what it prints
};

/// It and its own children are one process group, which ends with this process, however that ends.
class Child {
public:
    /// `program` stands beside this one. Ends the bench with a message when it cannot be started.
    Child(const std::string& program, std::vector<std::string> args);
    explicit Child(const Command& command);
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// The first line of its standard output that contains `part`. Pre: it has no log.
    [[nodiscard]] std::string line_with(std::string_view part);
    [[nodiscard]] bool is_running() const;
    /// Processor seconds it has used so far, all threads.
    [[nodiscard]] double cpu_seconds() const;
    /// Memory that it has now.
    [[nodiscard]] std::uint64_t resident_bytes() const;
    /// The most that it has had since it was started or since forget_peak().
    [[nodiscard]] std::uint64_t peak_bytes() const;
    void forget_peak() const;
    /// As a loss of power would end it.
    void kill_now();

private:
    pid_t pid_ = -1;
    int out_ = -1;
    std::string text_;
};

}  // namespace steward::bench
