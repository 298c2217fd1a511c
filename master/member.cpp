#include "master/member.hpp"

#include <array>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <climits>

#include "common/posix/clock.hpp"
#include "common/posix/errno_text.hpp"
#include "common/posix/random_seed.hpp"

namespace steward::master {
namespace {

// The kernel tells when the other end of a channel is gone, so signs of life have nothing to say.
constexpr base::Duration kNeverBeats = std::chrono::hours(1);
// A guardian that was told to kill needs no more, but for a process stuck in a driver.
constexpr base::Duration kKillPatience = std::chrono::seconds(5);
constexpr int kMessagesPerTurn = 64;

client::SessionOptions session_options(std::uint64_t seed) {
    client::SessionOptions options;
    options.session = seed != 0 ? seed : 1;
    options.library = "steward-master";
    options.heartbeat_interval = kNeverBeats;
    return options;
}

bool wait_readable(int fd, base::Duration patience) {
    const base::MonoTime until = posix::read_mono() + patience;
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - posix::read_mono());
        if (left.count() <= 0) {
            return false;
        }
        pollfd watched{fd, POLLIN, 0};
        if (::poll(&watched, 1, static_cast<int>(left.count())) > 0) {
            return true;
        }
    }
}

supervisor::Launch launch_of(const Profile& profile, std::string guardian) {
    supervisor::Launch launch;
    launch.guardian = std::move(guardian);
    launch.orders.setting.directory = profile.directory;
    launch.orders.setting.user = profile.user;
    launch.orders.setting.group = profile.group;
    launch.orders.setting.nice = profile.nice;
    launch.orders.setting.limits = profile.limits;
    launch.orders.command = {profile.program};
    launch.orders.command.insert(
        launch.orders.command.end(), profile.arguments.begin(), profile.arguments.end());
    launch.environment = environment_of(profile);
    launch.environment.push_back("STEWARD_MASTER_FD=" + std::to_string(guardian::kChannelFd));
    return launch;
}

}  // namespace

base::Expected<std::unique_ptr<Member>> Member::start(const Profile& profile) {
    auto guardian = find_guardian(profile);
    auto output = output_of(profile, STDERR_FILENO);
    const auto seed = posix::random_seed();
    if (!guardian || !output || !seed) {
        return base::Unexpected(!guardian ? guardian.error()
                                          : (!output ? output.error() : seed.error()));
    }
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
        return posix::io_error("cannot make a channel", errno);
    }
    posix::UniqueFd ours(ends[0]);
    const posix::UniqueFd its(ends[1]);
    supervisor::Launch launch = launch_of(profile, *std::move(guardian));
    launch.channel = its.get();
    launch.output = output->get();
    auto process = supervisor::GuardedProcess::start(launch);
    if (!process) {
        return base::Unexpected(std::move(process.error()));
    }
    net::SocketOptions socket;
    socket.linger = base::Duration::zero();
    auto channel = std::make_unique<net::StreamConnection>(std::move(ours), socket);
    return std::unique_ptr<Member>(
        new Member(std::move(*process), std::move(channel), profile.stop_grace, *seed));
}

Member::Member(supervisor::GuardedProcess process,
               std::unique_ptr<net::StreamConnection> channel,
               base::Duration stop_grace,
               std::uint64_t seed)
    : process_(std::move(process)),
      channel_(std::move(channel)),
      session_(session_options(seed), posix::read_mono(), seed),
      stop_grace_(stop_grace) {
    while (session_.next_happening()) {
        // "Connect", which it is
    }
    while (channel_->next_link()) {
        session_.connected(posix::read_mono());
    }
    flush();
}

Member::~Member() {
    let_go();
    await_end();
}

base::Expected<void> Member::send(const model::JobSpec& spec, std::uint64_t tag) {
    auto number = session_.submit(posix::read_mono(), spec, tag);
    if (!number) {
        return base::Unexpected(std::move(number.error()));
    }
    flush();
    return {};
}

void Member::add_to(net::Poller& poller) {
    poller.add(process_.control_fd());
    if (channel_ != nullptr) {
        channel_->add_to(poller);
    }
}

void Member::watch(net::Poller& poller) {
    if (channel_ != nullptr) {
        channel_->watch(poller, unsent_.has_value());
    }
}

void Member::flush() {
    while (channel_ != nullptr) {
        if (!unsent_) {
            unsent_ = session_.take_batch(posix::read_mono());
        }
        if (!unsent_ || channel_->send(*unsent_) != net::SendStatus::Sent) {
            return;
        }
        unsent_.reset();
    }
}

// Time is not told to the session: the kernel says when the channel ends, and a program that was
// busy with other things for hours has lost nothing.
void Member::turn() {
    process_.read_reports();
    receive(process_.whereabouts().has_ended ? INT_MAX : kMessagesPerTurn);
    flush();
    note_end();
}

void Member::receive(int messages_max) {
    const base::MonoTime now = posix::read_mono();
    net::Frames frames;
    for (int i = 0; channel_ != nullptr && i < messages_max &&
                    channel_->receive(frames) == net::ReceiveStatus::Received;
         ++i) {
        session_.on_frames(now, frames);
    }
    while (channel_ != nullptr) {
        const auto link = channel_->next_link();
        if (!link) {
            return;
        }
        if (*link != net::LinkEvent::Connected) {
            let_go();
        }
    }
}

// All that it had said was read before. A channel that is gone is an end, whose reason comes from
// the guardian a moment later.
void Member::note_end() {
    const supervisor::Whereabouts& where = process_.whereabouts();
    if (end_) {
        return;
    }
    if (!where.failure.empty()) {
        end_ = where.failure;
    } else if (where.has_ended) {
        end_ = std::string("it ended by ") + (where.was_signalled ? "signal " : "exit ") +
               std::to_string(where.number);
    } else if (closed_at_ && posix::read_mono() >= *closed_at_ + stop_grace_) {
        end_ = "it closed its channel";
    }
}

std::optional<client::Happening> Member::next_happening() {
    return session_.next_happening();
}

std::optional<base::MonoTime> Member::next_deadline() const {
    return closed_at_ && !end_ ? std::optional(*closed_at_ + stop_grace_) : std::nullopt;
}

int Member::pid() const {
    const supervisor::Whereabouts& where = process_.whereabouts();
    return where.has_ended ? 0 : where.pid;
}

void Member::let_go() {
    closed_at_ = closed_at_.value_or(posix::read_mono());
    channel_.reset();
}

void Member::await_end() {
    if (is_reaped_) {
        return;
    }
    if (!wait_readable(process_.end_fd(), stop_grace_)) {
        process_.kill();
        if (!wait_readable(process_.end_fd(), kKillPatience)) {
            process_.kill_guardian();  // the worker goes with it
        }
    }
    static_cast<void>(process_.reap());
    is_reaped_ = true;
}

}  // namespace steward::master
