#include "bench/steward_crowd.hpp"

#include <array>
#include <chrono>
#include <sys/epoll.h>
#include <utility>

#include "bench/subject.hpp"
#include "common/posix/clock.hpp"

namespace steward::bench {
namespace {

using namespace std::chrono_literals;

// Heartbeats and deadlines of those that hear nothing are looked after so often.
constexpr base::Duration kServeAllEvery = 1s;

}  // namespace

StewardCrowd::StewardCrowd(client::Options options, std::size_t clients)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), clients_(clients) {
    options.has_thread = false;
    for (Member& member : clients_) {
        member.client = std::make_unique<client::Client>(options);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = &member;
        require(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, member.client->fd(), &event) == 0,
                "a client cannot be started");
    }
    serve_all();
}

client::Client& StewardCrowd::client(std::size_t index) {
    Member& member = clients_[index];
    if (!std::exchange(member.is_asked, true)) {
        asked_.push_back(&member);
    }
    return *member.client;
}

void StewardCrowd::step() {
    for (Member* const member : asked_) {
        member->is_asked = false;
        serve(*member);
    }
    asked_.clear();
    std::array<epoll_event, 64> events{};
    const auto timeout = static_cast<int>(kServeAllEvery / 1ms);
    const int count =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout);
    for (int i = 0; i < count; ++i) {
        serve(*static_cast<Member*>(events[static_cast<std::size_t>(i)].data.ptr));
    }
    if (posix::read_mono() >= served_all_at_ + kServeAllEvery) {
        serve_all();
    }
}

void StewardCrowd::serve(Member& member) {
    while (member.client->serve() <= posix::read_mono()) {
    }
}

void StewardCrowd::serve_all() {
    for (Member& member : clients_) {
        serve(member);
    }
    served_all_at_ = posix::read_mono();
}

}  // namespace steward::bench
