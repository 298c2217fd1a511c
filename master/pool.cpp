#include "master/pool.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <sched.h>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "client/ends.hpp"
#include "common/model/names.hpp"
#include "common/posix/clock.hpp"
#include "master/member.hpp"

namespace steward::master {
namespace {

// Lives in a row without a finished job, after which a worker is given up.
constexpr int kFruitlessMax = 3;

// Processors that this process may use: a container, or taskset, may leave it fewer than there are.
std::size_t processors() {
    cpu_set_t set;
    CPU_ZERO(&set);
    const int counted = ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
    return std::max<std::size_t>(
        1, counted > 0 ? static_cast<std::size_t>(counted) : std::thread::hardware_concurrency());
}

}  // namespace

base::Expected<std::size_t> Size::resolve() const {
    const std::size_t count = count_.value_or(std::min(processors(), kPoolMax));
    if (count < 1 || count > kPoolMax) {
        return base::fail(base::Errc::BadOption,
                          "a pool has 1 to " + std::to_string(kPoolMax) + " workers; this is " +
                              std::to_string(count));
    }
    return count;
}

class Pool::Inner {
public:
    Inner(Profile profile, std::size_t size) : profile_(std::move(profile)), slots_(size) {}

    // All at once, so that the slowest decides how long it takes, not their sum.
    ~Inner() {
        for (Slot& slot : slots_) {
            if (slot.member != nullptr) {
                slot.member->let_go();
            }
        }
    }

    Inner(const Inner&) = delete;
    Inner& operator=(const Inner&) = delete;

    [[nodiscard]] base::Expected<void> start(std::size_t index) {
        auto member = Member::start(profile_);
        if (!member) {
            return base::Unexpected(std::move(member.error()));
        }
        slots_[index].member = std::move(*member);
        return {};
    }

    [[nodiscard]] std::size_t size() const { return slots_.size(); }

    [[nodiscard]] int pid(std::size_t worker) const {
        const Slot& slot = slots_.at(worker);
        return slot.member == nullptr ? 0 : slot.member->pid();
    }

    [[nodiscard]] std::size_t outstanding() const { return jobs_.size() + received_.size(); }

    [[nodiscard]] base::Expected<std::uint64_t> send(model::JobSpec spec, SendOptions options);
    [[nodiscard]] base::Expected<std::optional<Received>> receive(base::Duration patience);

private:
    struct Slot {
        std::unique_ptr<Member> member;  // null: to be started with the next job
        std::size_t held = 0;
        int fruitless = 0;
        bool has_finished = false;  // a job in this life
        std::string last_end;
    };

    struct Job {
        std::size_t worker = 0;
        SendOptions options;
    };

    // Turns the wheel once, waiting until something comes or `until`.
    base::Expected<void> turn(base::MonoTime until);
    void take_happenings(std::size_t index);
    void take(std::size_t index, client::Happening& happening);
    void end_job(std::uint64_t ticket, base::Expected<Answer> answer);
    void bury(std::size_t index);
    [[nodiscard]] std::optional<std::size_t> free_slot();
    [[nodiscard]] bool is_given_up() const;

    Profile profile_;
    std::vector<Slot> slots_;
    std::map<std::uint64_t, Job> jobs_;  // by ticket
    std::deque<Received> received_;
    std::uint64_t last_ticket_ = 0;
    std::size_t next_ = 0;  // where the search for a free one begins: each has its turn
    net::Poller poller_;
};

// The next that has nothing to do; a worker that has ended gets its successor here.
std::optional<std::size_t> Pool::Inner::free_slot() {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        const std::size_t index = (next_ + i) % slots_.size();
        Slot& slot = slots_[index];
        if (slot.held > 0 || slot.fruitless >= kFruitlessMax) {
            continue;
        }
        if (slot.member == nullptr) {
            if (auto started = start(index); !started) {
                ++slot.fruitless;
                slot.last_end = started.error().message;
                continue;
            }
        }
        next_ = index + 1;
        return index;
    }
    return std::nullopt;
}

bool Pool::Inner::is_given_up() const {
    return std::ranges::all_of(slots_,
                               [](const Slot& slot) { return slot.fruitless >= kFruitlessMax; });
}

base::Expected<std::uint64_t> Pool::Inner::send(model::JobSpec spec, SendOptions options) {
    if (outstanding() >= kUnreceivedMax) {
        return base::fail(base::Errc::TooManyInFlight,
                          std::to_string(kUnreceivedMax) + " answers wait to be received");
    }
    const base::MonoTime until = posix::read_mono() + options.patience;
    if (auto turned = turn(base::MonoTime::min()); !turned) {  // what has happened meanwhile
        return base::Unexpected(std::move(turned.error()));
    }
    while (true) {
        if (const auto index = free_slot()) {
            const std::uint64_t ticket = ++last_ticket_;
            if (auto sent = slots_[*index].member->send(spec, ticket); !sent) {
                return base::Unexpected(std::move(sent.error()));
            }
            ++slots_[*index].held;
            jobs_.emplace(ticket, Job{*index, std::move(options)});
            return ticket;
        }
        if (is_given_up()) {
            return base::fail(
                base::Errc::WorkerLost,
                profile_.program + " cannot be kept running: " + slots_.front().last_end);
        }
        if (posix::read_mono() >= until) {
            return base::fail(base::Errc::Timeout, "no worker of the pool was free in time");
        }
        if (auto turned = turn(until); !turned) {
            return base::Unexpected(std::move(turned.error()));
        }
    }
}

base::Expected<std::optional<Received>> Pool::Inner::receive(base::Duration patience) {
    const base::MonoTime until = posix::read_mono() + patience;
    bool is_late = false;
    while (received_.empty() && !is_late) {
        is_late = posix::read_mono() >= until;
        if (auto turned = turn(until); !turned) {
            return base::Unexpected(std::move(turned.error()));
        }
    }
    if (received_.empty()) {
        return std::nullopt;
    }
    Received first = std::move(received_.front());
    received_.pop_front();
    return first;
}

base::Expected<void> Pool::Inner::turn(base::MonoTime until) {
    const base::MonoTime now = posix::read_mono();
    poller_.clear();
    for (Slot& slot : slots_) {
        if (slot.member == nullptr) {
            continue;
        }
        slot.member->add_to(poller_);
        slot.member->watch(poller_);
        if (const auto deadline = slot.member->next_deadline()) {
            until = std::min(until, *deadline);
        }
    }
    const base::Duration wait = until > now ? until - now : base::Duration::zero();
    if (auto ready = poller_.wait(wait); !ready) {
        return base::Unexpected(std::move(ready.error()));
    }
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        if (slots_[i].member != nullptr) {
            slots_[i].member->turn();
            take_happenings(i);
        }
    }
    return {};
}

void Pool::Inner::take_happenings(std::size_t index) {
    while (auto happening = slots_[index].member->next_happening()) {
        take(index, *happening);
    }
    if (slots_[index].member->end()) {
        bury(index);
    }
}

void Pool::Inner::take(std::size_t index, client::Happening& happening) {
    if (auto* result = std::get_if<client::Result>(&happening)) {
        slots_[index].has_finished = true;
        slots_[index].fruitless = 0;
        const std::uint64_t ticket = result->tag;
        end_job(ticket, client::ended_as(std::move(*result)).answer);
    } else if (auto* refused = std::get_if<client::Refused>(&happening)) {
        end_job(refused->tag, base::Unexpected(std::move(refused->error)));
    } else if (auto* part = std::get_if<client::PartialAnswer>(&happening)) {
        const auto job = jobs_.find(part->tag);
        if (job != jobs_.end() && job->second.options.on_partial) {
            job->second.options.on_partial(Answer(part->job, std::move(part->data), part->part));
        }
    } else if (auto* progress = std::get_if<client::ProgressUpdate>(&happening)) {
        const auto job = jobs_.find(progress->tag);
        if (job != jobs_.end() && job->second.options.on_progress) {
            job->second.options.on_progress(
                {progress->job, progress->done, progress->total, std::move(progress->text)});
        }
    }
}

void Pool::Inner::end_job(std::uint64_t ticket, base::Expected<Answer> answer) {
    const auto job = jobs_.find(ticket);
    if (job == jobs_.end()) {
        return;
    }
    received_.push_back({job->second.worker, ticket, std::move(answer)});
    --slots_[job->second.worker].held;
    jobs_.erase(job);
}

void Pool::Inner::bury(std::size_t index) {
    Slot& slot = slots_[index];
    slot.last_end = *slot.member->end();
    slot.fruitless += slot.has_finished ? 0 : 1;
    slot.has_finished = false;
    std::vector<std::uint64_t> lost;
    for (const auto& [ticket, job] : jobs_) {
        if (job.worker == index) {
            lost.push_back(ticket);
        }
    }
    for (const std::uint64_t ticket : lost) {
        end_job(ticket,
                base::fail(base::Errc::WorkerLost,
                           "worker " + std::to_string(index) + " was lost: " + slot.last_end));
    }
    poller_.clear();
    slot.member.reset();
}

// ---- the public face ----

Pool::Pool(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}

Pool::~Pool() = default;
Pool::Pool(Pool&&) noexcept = default;
Pool& Pool::operator=(Pool&&) noexcept = default;

base::Expected<Pool> Pool::start(Profile profile, Size size) {
    const auto count = size.resolve();
    if (!count) {
        return base::Unexpected(count.error());
    }
    auto inner = std::make_unique<Inner>(std::move(profile), *count);
    for (std::size_t i = 0; i < *count; ++i) {
        if (auto started = inner->start(i); !started) {
            return base::Unexpected(std::move(started.error()));
        }
    }
    return Pool(std::move(inner));
}

std::size_t Pool::size() const {
    return inner_->size();
}

int Pool::pid(std::size_t worker) const {
    return inner_->pid(worker);
}

std::size_t Pool::outstanding() const {
    return inner_->outstanding();
}

base::Expected<std::uint64_t> Pool::send(std::string_view service,
                                         const Params& params,
                                         SendOptions options) {
    auto name = model::ServiceName::parse(service);
    if (!name) {
        return base::Unexpected(std::move(name.error()));
    }
    model::JobSpec spec{*std::move(name), params.payload(), {}};
    spec.options.sync = true;
    if (options.time_limit > base::Duration::zero()) {
        spec.options.time_limit = options.time_limit;
    }
    if (options.memory_limit != 0) {
        spec.options.memory_limit = options.memory_limit;
    }
    return inner_->send(std::move(spec), std::move(options));
}

base::Expected<std::optional<Received>> Pool::receive(base::Duration patience) {
    return inner_->receive(patience);
}

base::Expected<Dedicated> Dedicated::start(Profile profile) {
    return Pool::start(profile, 1).map([&](Pool&& pool) {
        return Dedicated(std::move(profile), std::move(pool));
    });
}

base::Expected<Answer> Dedicated::call(std::string_view service,
                                       const Params& params,
                                       SendOptions options) {
    const base::Duration patience = options.patience;
    if (auto ticket = pool_.send(service, params, std::move(options)); !ticket) {
        return base::Unexpected(std::move(ticket.error()));
    }
    auto received = pool_.receive(patience);
    if (!received) {
        return base::Unexpected(std::move(received.error()));
    }
    if (*received) {
        return std::move((*received)->answer);
    }
    // Its answer must not be taken for the next call's.
    if (auto fresh = Pool::start(profile_, 1)) {
        pool_ = std::move(*fresh);
    } else {
        return base::Unexpected(std::move(fresh.error()));
    }
    return base::fail(base::Errc::Timeout,
                      "the worker did not answer in time; it was ended, with its job");
}

}  // namespace steward::master
