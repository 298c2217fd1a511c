#include "worker/exec/exec_worker.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <poll.h>
#include <unistd.h>
#include <utility>

#include "common/base/quantity.hpp"
#include "common/posix/errno_text.hpp"
#include "common/posix/wake_fd.hpp"
#include "common/wire/options.hpp"
#include "worker/exec/child.hpp"
#include "worker/exec/environment.hpp"
#include "worker/exec/job_log.hpp"
#include "worker/exec/output.hpp"

namespace steward::worker::exec {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kPieceBytes = 64UL << 10U;
// sysexits.h has them as EX_TEMPFAIL and EX_DATAERR.
constexpr std::uint64_t kExitAgain = 75;
constexpr std::uint64_t kExitReject = 65;

std::string input_of(Input form, const Job& job) {
    if (form == Input::None || job.raw_params().encoding == model::Encoding::Absent) {
        return {};
    }
    if (form == Input::Text && job.params().is_string()) {
        return job.params().get<std::string>();
    }
    return params_of(job).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

// One command from its start to its end.
class Run {
public:
    Run(const Settings& settings, const Job& job, posix::WakeFd& wake, std::string input)
        : settings_(settings),
          job_(job),
          wake_(wake),
          input_(std::move(input)),
          output_(settings, [&job](const Value& part) { job.partial(part); }),
          log_(job.id().text(), settings.log_bytes_max) {
        if (settings.time_limit > base::Duration::zero()) {
            end_at_ = Clock::now() + settings.time_limit;
        }
    }

    Answer until_end(Child& child) {
        while (child.report.is_open()) {
            wait(child);
            if (job_.stop_requested()) {
                child.end();
            }
            if (end_at_ && Clock::now() >= *end_at_) {
                end_at_.reset();
                spoil(child,
                      fail("ran longer than --time-limit of " +
                           wire::duration_text(settings_.time_limit)));
            }
        }
        // All that wrote is gone; what is left stands in the pipes.
        while (child.output.is_open() && read_output(child)) {
        }
        while (child.errors.is_open() && read_errors(child)) {
        }
        log_.finish();
        return spoiled_ ? *spoiled_ : verdict();
    }

private:
    void wait(Child& child) {
        std::array<pollfd, 5> fds = {{{child.input.get(), POLLOUT, 0},
                                      {child.output.get(), POLLIN, 0},
                                      {child.errors.get(), POLLIN, 0},
                                      {child.report.get(), POLLIN, 0},
                                      {wake_.fd(), POLLIN, 0}}};
        if (input_.size() == input_written_) {
            child.input = posix::UniqueFd();
            fds[0].fd = -1;
        }
        ::poll(fds.data(), fds.size(), patience());
        if (fds[0].revents != 0) {
            write_input(child);
        }
        if (fds[1].revents != 0) {
            read_output(child);
        }
        if (fds[2].revents != 0) {
            read_errors(child);
        }
        if (fds[3].revents != 0) {
            read_report(child);
        }
        if (fds[4].revents != 0) {
            wake_.clear();
        }
    }

    [[nodiscard]] int patience() const {
        constexpr std::chrono::milliseconds kLongest = std::chrono::hours(1);
        return end_at_ ? static_cast<int>(std::clamp(std::chrono::ceil<std::chrono::milliseconds>(
                                                         *end_at_ - Clock::now()),
                                                     std::chrono::milliseconds(0),
                                                     kLongest)
                                              .count())
                       : -1;
    }

    void write_input(Child& child) {
        const ssize_t written = ::write(
            child.input.get(), input_.data() + input_written_, input_.size() - input_written_);
        if (written > 0) {
            input_written_ += static_cast<std::size_t>(written);
        } else if (written < 0 && errno != EAGAIN && errno != EINTR) {
            input_written_ = input_.size();  // it reads no further
        }
    }

    // False: there is nothing now. The end closes the descriptor.
    template <class Take>
    bool read_piece(posix::UniqueFd& fd, const Take& take) {
        const ssize_t got = ::read(fd.get(), piece_.data(), piece_.size());
        if (got > 0) {
            take(std::string_view(piece_.data(), static_cast<std::size_t>(got)));
            return true;
        }
        if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            fd = posix::UniqueFd();
        }
        return false;
    }

    bool read_output(Child& child) {
        return read_piece(child.output, [&](std::string_view bytes) {
            if (spoiled_ || job_.stop_requested()) {
                return;
            }
            if (auto added = output_.add(bytes); !added) {
                spoil(child, fail_for_good(added.error().message));
            }
        });
    }

    bool read_errors(Child& child) {
        return read_piece(child.errors, [&](std::string_view bytes) { log_.add(bytes); });
    }

    void read_report(Child& child) {
        read_piece(child.report, [&](std::string_view bytes) { report_ += bytes; });
    }

    void spoil(Child& child, Answer answer) {
        if (!spoiled_) {
            spoiled_ = std::move(answer);
        }
        child.end();
    }

    Answer verdict() {
        const auto report = report_of(report_);
        if (!report) {
            return fail("the keeper of the command was lost");
        }
        switch (report->end) {
            case KeeperReport::End::Exited: return exited(report->number);
            case KeeperReport::End::Killed: {
                const auto number = static_cast<int>(report->number);
                const char* name = ::sigabbrev_np(number);
                return failed(std::string("killed by signal ") + (name != nullptr ? name : "") +
                              ' ' + std::to_string(number));
            }
            case KeeperReport::End::OverLimit:
                return fail("its processes held " + base::size_text(report->number) +
                            " of memory, more than the limit of " +
                            base::size_text(memory_limit(settings_, job_)));
            case KeeperReport::End::Unstarted: {
                const auto number = static_cast<int>(report->number);
                std::string why = "cannot " + report->text + ": " + posix::errno_text(number);
                return number == E2BIG ? fail_for_good(std::move(why)) : fail(std::move(why));
            }
        }
        return fail(report_);
    }

    Answer exited(std::uint64_t status) {
        if (status == 0) {
            auto result = output_.finish();
            return result ? Answer(std::move(*result)) : fail(result.error().message);
        }
        const std::string reason = log_.reason();
        if (status == kExitAgain) {
            return snooze(settings_.snooze, reason);
        }
        if (status == kExitReject) {
            return fail_for_good(reason.empty() ? "rejected" : reason, output_.rest());
        }
        return failed("exit status " + std::to_string(status));
    }

    Answer failed(std::string how) {
        const std::string reason = log_.reason();
        return fail(reason.empty() ? std::move(how) : how + ": " + reason, output_.rest());
    }

public:
    static std::uint64_t memory_limit(const Settings& settings, const Job& job) {
        const std::uint64_t asked = job.memory_limit().value_or(0);
        const std::uint64_t ours = settings.memory_bytes_max;
        return asked == 0 || ours == 0 ? std::max(asked, ours) : std::min(asked, ours);
    }

private:
    const Settings& settings_;
    const Job& job_;
    posix::WakeFd& wake_;
    std::string input_;
    std::size_t input_written_ = 0;
    Output output_;
    JobLog log_;
    std::string report_;
    std::optional<Clock::time_point> end_at_;
    std::optional<Answer> spoiled_;
    std::vector<char> piece_ = std::vector<char>(kPieceBytes);
};

}  // namespace

Answer ExecWorker::work(const Job& job) {
    auto command = settings_.command.expand(job);
    if (!command) {
        return fail_for_good(command.error().message);
    }
    auto environment = environment_of(job);
    if (!environment) {
        return fail_for_good(environment.error().message);
    }
    std::string input = input_of(settings_.input, job);
    auto wake = posix::WakeFd::open();
    if (!wake) {
        return fail(wake.error().message);
    }
    auto child = Child::start({settings_.keeper,
                               settings_.directory,
                               std::move(*environment),
                               {settings_.user,
                                settings_.limits,
                                Run::memory_limit(settings_, job),
                                settings_.kill_after,
                                std::move(*command)}});
    if (!child) {
        return fail(child.error().message);
    }
    const std::stop_callback stopped(job.stop_token(), [&wake] { wake->wake(); });
    return Run(settings_, job, *wake, std::move(input)).until_end(*child);
}

}  // namespace steward::worker::exec
