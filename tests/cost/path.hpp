// tests/cost: the whole way of a job in one thread: a client's session, a broker's node, two
// workers' sessions, and messages handed from one to the other. No socket, no disk, no clock, no
// chance: what it costs is the same each time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "broker/app/node.hpp"
#include "broker/store/memory_journal.hpp"
#include "client/session.hpp"
#include "common/wire/msgpack_writer.hpp"
#include "worker/session.hpp"

namespace steward::cost {

/// Who is at work.
enum class Stage : std::uint8_t { Client, Broker, Worker, None };

inline constexpr std::size_t kStages = 3;

/// Set while one of them is, for whoever counts.
extern Stage stage;

struct Settings {
    bool durable = false;
    bool logged = false;        // in the lifecycle log, all but the writing to its file
    bool sync = false;          // calls, not background jobs
    std::size_t window = 1000;  // open requests
    std::size_t payload_bytes = 100;
    std::size_t services = 1;  // in turn
    std::size_t waiting = 0;   // so many wait and run while workers are slower than the client
};

class Path {
public:
    explicit Path(const Settings& settings);
    ~Path();

    /// Lets so many more jobs through, to their ends.
    void run(std::size_t jobs);

    [[nodiscard]] std::size_t messages() const { return messages_; }

    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    struct Wires;
    struct Log;

    void turn();
    void client_step();
    void broker_step();
    void worker_step(std::size_t index);
    void count(const wire::Frames& frames);

    Settings settings_;
    base::Now now_;
    std::unique_ptr<Wires> wires_;
    std::unique_ptr<Log> log_;
    store::MemoryJournal journal_;
    core::Policy policy_;
    std::unique_ptr<app::Node> node_;
    client::Session client_;
    std::vector<client::Accepted> accepted_;  // reused
    model::Payload params_;
    wire::MsgpackWriter packing_;
    std::vector<std::string> packed_;  // of open requests, used again in turn
    std::size_t next_packed_ = 0;
    std::vector<std::string> services_;
    std::size_t next_service_ = 0;
    std::array<std::unique_ptr<worker::Session>, 2> workers_;
    std::size_t to_submit_ = 0;
    std::size_t submitted_ = 0;
    std::size_t answered_ = 0;
    std::size_t finished_ = 0;
    std::size_t messages_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace steward::cost
