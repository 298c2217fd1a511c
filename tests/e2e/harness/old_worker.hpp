// tests/e2e: workers of the four old dialects, written from the tables of docs/protocol.md alone.
// They are single-threaded as their originals are: silent while a test lets them hold a job.
#pragma once

#include <optional>
#include <string>

#include "tests/e2e/harness/old_client.hpp"

namespace steward::e2e {

struct HeldJob {
    std::string token;  // the job's id (ZMWS) or the client frame (MDP)
    RawFrames body;     // without the PARAM-…: prefix
    std::string prefix;
};

class OldWorker {
public:
    OldWorker(Old dialect,
              std::string service,
              const std::string& backend,
              const std::string& routing_id = {},
              const RawKeys& keys = {});

    void ready();
    void heartbeat();
    /// The next job; heartbeats go out while it waits. Fails the test case when none comes.
    [[nodiscard]] HeldJob job(std::chrono::milliseconds patience = kPatience);
    [[nodiscard]] std::optional<HeldJob> maybe_job(std::chrono::milliseconds patience);
    /// An empty `body` means none. ZMWS sends the first frame behind "PARAM-JSON: ".
    void partial(const HeldJob& job, const RawFrames& body);
    void complete(const HeldJob& job, const RawFrames& body);
    /// Only ZMWS has a word for it.
    void fail(const HeldJob& job, const RawFrames& body);
    /// Only MDP has a word for it.
    void disconnect();

    [[nodiscard]] std::size_t heartbeats_heard() const { return heartbeats_heard_; }

    [[nodiscard]] bool was_disconnected() const { return was_disconnected_; }

    [[nodiscard]] RawSocket& socket() { return socket_; }

private:
    void report_zmws(const std::string& word, const HeldJob& job, const RawFrames& body);
    void report_mdp(const std::string& type, const HeldJob& job, const RawFrames& body);
    [[nodiscard]] std::optional<HeldJob> read(const RawFrames& frames);

    Old dialect_;
    std::string service_;
    RawSocket socket_;
    std::size_t heartbeats_heard_ = 0;
    bool was_disconnected_ = false;
};

}  // namespace steward::e2e
