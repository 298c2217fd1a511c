// bench: a program that is measured: started, waited for until it is ready, ended with this object.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace steward::bench {

class Child {
public:
    /// `program` stands beside this one. Ends the bench with a message when it cannot be started.
    Child(const std::string& program, std::vector<std::string> args);
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// The first line of its standard output that contains `part`.
    [[nodiscard]] std::string line_with(std::string_view part);
    /// Processor seconds it has used so far, all threads.
    [[nodiscard]] double cpu_seconds() const;
    /// Memory that it has now.
    [[nodiscard]] std::uint64_t resident_bytes() const;
    /// As a loss of power would end it.
    void kill_now();

private:
    pid_t pid_ = -1;
    int out_ = -1;
    std::string text_;
};

}  // namespace steward::bench
