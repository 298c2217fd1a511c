// bench: a server that is measured, with its workers and its client: started in a temporary folder,
// asked to do work, ended with its object. What is measured is workloads.cpp's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/child.hpp"
#include "bench/tally.hpp"

namespace steward::bench {

/// Ends the bench with a message. A figure of work that was not done is none.
[[noreturn]] void give_up(const std::string& why);

inline void require(bool ok, const std::string& why = "a job was refused or failed") {
    if (!ok) {
        give_up(why);
    }
}

class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    std::filesystem::path path;
};

/// How a subject is set up.
struct Shape {
    bool durable = false;     // jobs are synced before they are acknowledged
    std::size_t workers = 2;  // connections, in two processes at most where that can be; 0: none
    std::size_t services = 1;
    std::size_t clients = 1;  // connections

    bool operator==(const Shape&) const = default;
};

struct Load {
    std::size_t jobs = 0;
    std::size_t window = 1;  // sent and not acknowledged, of all clients together
    std::size_t payload_bytes = 100;
};

/// One that runs. Jobs go to its services in turn.
class Started {
public:
    virtual ~Started() = default;
    Started(const Started&) = delete;
    Started& operator=(const Started&) = delete;

    /// Background jobs; returns when all are acknowledged.
    virtual void submit(const Load& load) = 0;
    /// Jobs whose results are waited for; returns when all are there.
    virtual void call(const Load& load) = 0;

    [[nodiscard]] const Child& server() const { return *server_; }

    /// Processor seconds of this process, which is the client, and of the workers.
    [[nodiscard]] double ends_cpu_seconds() const;

    /// Jobs that the workers have finished.
    [[nodiscard]] std::uint64_t finished() const { return tally_.sum(); }

    /// Waits until the workers have finished `jobs` in all. Ends the bench with a message when
    /// nothing moves any more, or when one was done twice.
    void wait_until_finished(std::uint64_t jobs) const;

protected:
    Started() = default;

    [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path; }

    [[nodiscard]] std::filesystem::path tally_file() const { return folder_.path / "tally"; }

    std::unique_ptr<Child> server_;
    std::vector<std::unique_ptr<Child>> workers_;

private:
    TemporaryFolder folder_;
    Tally tally_{tally_file()};
};

/// What a subject can do.
struct Abilities {
    bool submits = true;
    bool calls = true;
    bool durable = false;
    bool keeps_jobs = true;  // without workers
    bool many_services = false;
    bool many_shapes = true;  // larger payloads, a thousand clients
};

class Subject {
public:
    Subject() = default;
    virtual ~Subject() = default;
    Subject(const Subject&) = delete;
    Subject& operator=(const Subject&) = delete;

    [[nodiscard]] virtual std::string name() const = 0;  // of --only
    /// What a table calls it.
    [[nodiscard]] virtual std::string title(bool durable) const = 0;
    [[nodiscard]] virtual Abilities abilities() const = 0;

    /// Empty, or what is not installed.
    [[nodiscard]] virtual std::string missing() const { return {}; }

    [[nodiscard]] virtual std::unique_ptr<Started> start(const Shape& shape) const = 0;
};

/// In the order of the tables; the first is what the others are compared with.
[[nodiscard]] std::vector<std::unique_ptr<Subject>> subjects();
/// Those that speak the old dialects, beside the bare forwarder under the same rules.
[[nodiscard]] std::vector<std::unique_ptr<Subject>> old_dialect_subjects();

}  // namespace steward::bench
