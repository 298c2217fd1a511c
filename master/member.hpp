// master: one worker of a pool: its process with a guardian, and the channel to it. Inside the
// library.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/session.hpp"
#include "common/base/expected.hpp"
#include "common/net/poller.hpp"
#include "common/net/stream_connection.hpp"
#include "master/profile.hpp"
#include "supervisor/process/guarded_process.hpp"

namespace steward::master {

/// Blocks: never, but for the start, which forks, and await_end().  Thread: one.
class Member {
public:
    /// Errors: Io; BadConfig: there is no guardian.
    [[nodiscard]] static base::Expected<std::unique_ptr<Member>> start(const Profile& profile);
    /// Closes the channel and waits as await_end() does.
    ~Member();
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

    /// Errors: as of client::Session::submit().
    [[nodiscard]] base::Expected<void> send(const model::JobSpec& spec, std::uint64_t tag);

    void add_to(net::Poller& poller);
    void watch(net::Poller& poller);
    /// Reads and writes what can be.
    void turn();
    [[nodiscard]] std::optional<client::Happening> next_happening();
    [[nodiscard]] std::optional<base::MonoTime> next_deadline() const;

    [[nodiscard]] int pid() const;

    /// It has ended, or nobody hears us any more: how, in words. Nothing: it is there.
    [[nodiscard]] const std::optional<std::string>& end() const { return end_; }

    /// Closes the channel, which ends it.
    void let_go();
    /// After let_go(): until it and all it has started are gone; kills them after the grace.
    void await_end();

private:
    Member(supervisor::GuardedProcess process,
           std::unique_ptr<net::StreamConnection> channel,
           base::Duration stop_grace,
           std::uint64_t seed);
    void flush();
    void receive(int messages_max);
    void note_end();

    supervisor::GuardedProcess process_;
    std::unique_ptr<net::StreamConnection> channel_;
    client::Session session_;
    std::optional<wire::Frames> unsent_;
    std::optional<std::string> end_;
    base::Duration stop_grace_;
    std::optional<base::MonoTime> closed_at_;
    bool is_reaped_ = false;
};

/// The program steward-guardian. Errors: BadConfig naming where it was looked for.
[[nodiscard]] base::Expected<std::string> find_guardian(const Profile& profile);

/// The environment of this process with that of the profile. "NAME=value".
[[nodiscard]] std::vector<std::string> environment_of(const Profile& profile);

/// A descriptor of the profile's output file, to append to; of `otherwise` when it names none.
[[nodiscard]] base::Expected<posix::UniqueFd> output_of(const Profile& profile, int otherwise);

}  // namespace steward::master
