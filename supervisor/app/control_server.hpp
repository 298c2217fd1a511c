// supervisor/app: the local control socket: lines of text in, a line out for each. Knows no
// commands.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "common/posix/unique_fd.hpp"
#include "supervisor/process/watcher.hpp"

namespace steward::supervisor {

/// Asked in each turn until it has an answer; `is_last`: it must have one now.
using Answer = std::function<std::optional<std::string>(base::MonoTime now, bool is_last)>;

struct Reply {
    Answer answer;
    base::MonoTime deadline{};  // when it is asked for the last time
};

/// One command after the other on each connection. Only this user can connect: the socket's mode is
/// 0600.
///
/// Thread: one, the watcher's.  Blocks: for one that does not read its answer, at most a second.
/// Bound: kConnectionsMax, kLineBytesMax each; whoever breaks it is turned away.
class ControlServer {
public:
    static constexpr std::size_t kConnectionsMax = 64;
    static constexpr std::size_t kLineBytesMax = 64U << 10U;

    using Handler = std::function<Reply(base::MonoTime now, const std::string& line)>;

    /// Replaces what is left of an earlier socket. Errors: Io; BadConfig for a path that is too
    /// long.
    [[nodiscard]] static base::Expected<std::unique_ptr<ControlServer>> open(
        const std::string& path, Watcher& watcher, Handler handler);
    ~ControlServer();
    ControlServer(const ControlServer&) = delete;
    ControlServer& operator=(const ControlServer&) = delete;

    /// Gives the answers that are there. `is_last`: all of them.
    void look(base::MonoTime now, bool is_last = false);
    [[nodiscard]] std::optional<base::MonoTime> next_deadline() const;

private:
    struct Connection {
        posix::UniqueFd fd;
        Watcher::Token token = 0;
        std::string unread;
        std::optional<Reply> open;
    };

    ControlServer(posix::UniqueFd listening, std::string path, Watcher& watcher, Handler handler);
    void accept_one();
    void read(std::uint64_t number);
    [[nodiscard]] bool answer(Connection& connection, base::MonoTime now, bool is_last);
    [[nodiscard]] bool take_lines(Connection& connection, base::MonoTime now);

    posix::UniqueFd listening_;
    std::string path_;
    Watcher& watcher_;
    Handler handler_;
    std::optional<Watcher::Token> token_;
    std::uint64_t last_number_ = 0;
    std::map<std::uint64_t, Connection> connections_;
};

}  // namespace steward::supervisor
