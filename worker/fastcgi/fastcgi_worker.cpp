#include "worker/fastcgi/fastcgi_worker.hpp"

#include <array>
#include <cerrno>
#include <poll.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/base/quantity.hpp"
#include "common/posix/clock.hpp"
#include "common/posix/errno_text.hpp"
#include "common/posix/wake_fd.hpp"
#include "common/wire/params.hpp"
#include "worker/exec/job_log.hpp"
#include "worker/fastcgi/cgi.hpp"

namespace steward::worker::fastcgi {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kPieceBytes = 64UL << 10U;
constexpr auto kRoomPause = 1s;  // until a pool whose backlog is full is asked again

base::Unexpected bad(std::string_view option, std::string_view rule, std::string_view value) {
    return base::fail(base::Errc::BadConfig,
                      std::string(option) + " is " + std::string(rule) + "; this is \"" +
                          base::printable(value) + '"');
}

// One request and its answer on a connection of its own: a pool's child is held by a connection.
class Visit {
public:
    Visit(posix::UniqueFd socket, std::string request, ResponseReader& reader, exec::JobLog& log)
        : socket_(std::move(socket)), request_(std::move(request)), reader_(reader), log_(log) {}

    /// Errors: Io, Malformed, TooLarge; Disconnected when it was stopped.
    base::Expected<void> run(const Job& job, posix::WakeFd& wake) {
        while (!reader_.is_over()) {
            std::array<pollfd, 2> fds = {{{socket_.get(), POLLIN, 0}, {wake.fd(), POLLIN, 0}}};
            if (sent_ < request_.size()) {
                fds[0].events |= POLLOUT;
            }
            ::poll(fds.data(), fds.size(), -1);
            if (job.stop_requested()) {
                return base::fail(base::Errc::Disconnected, "stopped");
            }
            auto moved = move(fds[0].revents);
            if (!moved) {
                return moved;
            }
        }
        return {};
    }

private:
    base::Expected<void> move(short events) {
        if ((events & POLLOUT) != 0) {
            if (auto sent = send(); !sent) {
                return sent;
            }
        }
        return (events & (POLLIN | POLLHUP | POLLERR)) != 0 ? receive() : base::Expected<void>{};
    }

    base::Expected<void> send() {
        const ssize_t sent =
            ::send(socket_.get(), request_.data() + sent_, request_.size() - sent_, MSG_NOSIGNAL);
        if (sent > 0) {
            sent_ += static_cast<std::size_t>(sent);
        } else if (errno == EPIPE) {
            sent_ = request_.size();  // it reads no further, and may have answered
        } else if (errno != EAGAIN && errno != EINTR) {
            return posix::io_error("cannot send to the pool", errno);
        }
        return {};
    }

    base::Expected<void> receive() {
        const ssize_t got = ::recv(socket_.get(), piece_.data(), piece_.size(), 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            return {};
        }
        if (got == 0 || (got < 0 && errno == ECONNRESET)) {
            return base::fail(base::Errc::Io,
                              "the pool closed the connection before the answer's end");
        }
        if (got < 0) {
            return posix::io_error("cannot hear from the pool", errno);
        }
        auto fed = reader_.feed(std::string_view(piece_.data(), static_cast<std::size_t>(got)));
        log_.add(reader_.take_errors());
        return fed;
    }

    posix::UniqueFd socket_;
    std::string request_;
    std::size_t sent_ = 0;
    ResponseReader& reader_;
    exec::JobLog& log_;
    std::vector<char> piece_ = std::vector<char>(kPieceBytes);
};

Answer with_reason(std::string why, const exec::JobLog& log, bool is_for_good) {
    const std::string reason = log.reason();
    why += reason.empty() ? "" : ": " + reason;
    return is_for_good ? fail_for_good(std::move(why)) : fail(std::move(why));
}

Answer answer_of(const ResponseReader& reader, const exec::JobLog& log, const Settings& settings) {
    if (!reader.refusal().empty()) {
        return snooze(kRoomPause, std::string(reader.refusal()));
    }
    auto reply = reply_of(reader.output());
    if (!reply) {
        return with_reason(reply.error().message, log, false);
    }
    const bool is_done = reply->status >= 200 && reply->status < 300;
    if (is_done && reader.status() != 0) {
        return with_reason("exit status " + std::to_string(reader.status()), log, false);
    }
    if (const std::string reason = log.reason(); !is_done && !reason.empty()) {
        reply->body = reason;
        reply->content_type = "text/plain";
    }
    return http::answer_of(
        *reply, posix::read_clock().wall, settings.snooze_max, settings.response_bytes_max);
}

}  // namespace

base::Expected<Settings> check(const Given& given) {
    Settings settings;
    auto pool = PoolAddress::parse(given.pool);
    if (!pool) {
        return base::Unexpected(std::move(pool.error()));
    }
    settings.pool = std::move(*pool);
    if (!given.script.starts_with('/')) {
        return bad("--script", "the path of a script as the pool sees it, from /", given.script);
    }
    settings.script = given.script;
    for (const auto& [option, text, bytes] :
         {std::tuple("--response-max", given.response_max, &settings.response_bytes_max),
          std::tuple("--log-max", given.log_max, &settings.log_bytes_max)}) {
        const auto read = base::parse_size(text);
        if (!read) {
            return bad(option, "a size such as \"16MiB\"", text);
        }
        *bytes = *read;
    }
    const auto snooze_max = wire::parse_duration(given.snooze_max);
    if (!snooze_max || *snooze_max <= base::Duration::zero()) {
        return bad("--snooze-max", "a duration such as \"1h\"", given.snooze_max);
    }
    settings.snooze_max = *snooze_max;
    if (given.memory_limit != "none") {
        settings.memory_bytes_max = base::parse_size(given.memory_limit).value_or(0);
        if (settings.memory_bytes_max == 0) {
            return bad("--memory-limit", "a size such as \"128MiB\", or none", given.memory_limit);
        }
    }
    return settings;
}

Answer FastcgiWorker::work(const Job& job) {
    const auto request = request_of(job, settings_.script, settings_.memory_bytes_max);
    if (!request) {
        return fail_for_good(request.error().message);
    }
    auto wake = posix::WakeFd::open();
    if (!wake) {
        return fail(wake.error().message);
    }
    auto socket = settings_.pool.connect();
    if (!socket) {
        return socket.error().code == base::Errc::TooManyInFlight
                   ? snooze(kRoomPause, socket.error().message)
                   : fail(socket.error().message);
    }
    const std::stop_callback stopped(job.stop_token(), [&wake] { wake->wake(); });
    ResponseReader reader(settings_.response_bytes_max);
    exec::JobLog log(job.id().text(), settings_.log_bytes_max);
    const auto visited = Visit(std::move(*socket), encode(*request), reader, log).run(job, *wake);
    log.finish();
    if (!visited) {
        return with_reason(
            visited.error().message, log, visited.error().code == base::Errc::TooLarge);
    }
    return answer_of(reader, log, settings_);
}

}  // namespace steward::worker::fastcgi
