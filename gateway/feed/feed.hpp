// gateway/feed: who is told what, live and late: events of all jobs in a ring, and of jobs that
// somebody follows all that they said. Knows neither sockets nor how an item is sent.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/blob.hpp"
#include "common/base/expected.hpp"
#include "common/base/strong_id.hpp"
#include "common/base/time.hpp"
#include "common/model/event.hpp"
#include "common/model/ids.hpp"
#include "gateway/feed/job_records.hpp"

namespace steward::gateway {

struct FollowerTag;
using FollowerId = base::StrongId<FollowerTag>;

/// What a follower wants to hear. Of jobs everything they say; of services their jobs' events and
/// their own; with neither, the events of all. Job and service: what fits either.
struct Interest {
    std::vector<model::JobId> jobs;
    std::vector<std::string> services;
    model::EventSet kinds = model::EventSet::all();  // partials, progress and ends always come
};

struct FeedLimits {
    std::size_t events_max = 65'536;           // in the ring
    std::size_t event_bytes_max = 32U << 20U;  // of the ring's texts
    std::size_t followers_max = 20'000;
    std::size_t names_max = 1000;  // jobs and services of one follower
    RecordLimits records;
};

/// Numbers everything that is told, in one rising row. Numbers of a later run are larger when
/// `before_first` is the start's instant in microseconds; so a number from before a restart is
/// recognised as one after which something was missed.
///
/// Cost:  of an item, its interested followers and a constant; of a follower, what it is told late.
/// Thread: one.  Bound: FeedLimits. Time passes only by the calls that have it.
class Feed {
public:
    Feed(const FeedLimits& limits, std::uint64_t before_first);

    /// Takes in an item (its number is given here) and says who wants to hear it, each once, in the
    /// order in which they came. An event of the service "*" is of interest to all who follow
    /// services. A part that the job's record has been given before (its job was asked for again)
    /// is told to nobody. The answer is good until the next call.
    struct Told {
        const FeedItem& item;
        const std::vector<FollowerId>& to;
    };

    Told publish(base::MonoTime now, FeedItem item);

    /// What is to be published before `item`, if anything: that the first events of its job, which
    /// was kept as new, were not heard.
    [[nodiscard]] std::optional<FeedItem> missed_before(const FeedItem& item);

    /// Keeps what this job says from now on, for those who come late. `is_new`: it was submitted
    /// just now, so that nothing of it was said before that is not in the ring.
    /// Bound: RecordLimits; the record that ended first makes room, then the quietest.
    void keep(base::MonoTime now, const model::JobId& job, bool is_new);

    struct Followed {
        FollowerId id;
        std::vector<FeedItem> items;  // to be told first, in order
        bool has_missed = false;      // something after `after` is not there any more
        bool is_ended = false;        // of one job alone: its End is among what was said
    };

    /// `after`: the last number the follower has heard (Last-Event-ID). Without it, jobs tell all
    /// that is kept of them and services only what comes. A job that is followed is kept.
    /// Errors: TooManyWaiters past followers_max, TooLarge past names_max.
    [[nodiscard]] base::Expected<Followed> follow(base::MonoTime now,
                                                  const Interest& interest,
                                                  std::optional<std::uint64_t> after);
    /// Does nothing for one who is gone already.
    void unfollow(FollowerId id);

    /// Whether anybody follows this job: its result is worth asking for.
    [[nodiscard]] bool is_followed(const model::JobId& job) const;

    /// When drop_ended() would drop something.
    [[nodiscard]] std::optional<base::MonoTime> next_deadline() const;
    void drop_ended(base::MonoTime now);

    /// Events that were told by the broker and not heard here (a gap in its news): whoever resumes
    /// from before has missed something.
    void note_gap();

    [[nodiscard]] std::uint64_t last_number() const { return number_; }

    [[nodiscard]] std::size_t followers() const { return followers_.size(); }

    [[nodiscard]] std::size_t events() const { return ring_.size(); }

    [[nodiscard]] const JobRecords& records() const { return records_; }

private:
    using Followers = std::set<FollowerId>;
    using ByKind = std::array<Followers, model::kEventKinds>;

    struct Kept {
        FeedItem item;
        std::uint64_t previous = 0;  // of the same job, in the ring; 0: none
    };

    struct Follower {
        Interest interest;
        std::uint64_t told = 0;  // the last item it was found for
    };

    struct TextHash {
        using is_transparent = void;

        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };

    using Services = std::unordered_map<std::string, ByKind, TextHash, std::equal_to<>>;

    void put_in_ring(const FeedItem& item);
    void drop_oldest();
    [[nodiscard]] const Kept* in_ring(std::uint64_t number) const;
    [[nodiscard]] std::vector<FeedItem> ring_items_of(const model::JobId& job) const;
    void find_followers(const FeedItem& item);
    void tell(const Followers& followers, const FeedItem& item);
    void enlist(FollowerId id, const Interest& interest);
    void replay(const Interest& interest, std::optional<std::uint64_t> after, Followed& followed);
    void append_of_job(const model::JobId& job,
                       const model::EventSet& kinds,
                       std::optional<std::uint64_t> after,
                       Followed& followed) const;
    void append_from_ring(const Interest& interest,
                          std::uint64_t after,
                          std::vector<FeedItem>& items) const;

    FeedLimits limits_;
    std::uint64_t number_;
    std::uint64_t floor_;  // the ring has all events with a larger number
    std::deque<Kept> ring_;
    std::size_t ring_bytes_ = 0;
    std::unordered_map<model::JobId, std::uint64_t> last_of_job_;  // in the ring
    JobRecords records_;
    std::unordered_map<FollowerId, Follower> followers_;
    std::uint64_t next_follower_ = 1;
    std::unordered_map<model::JobId, Followers> by_job_;
    Services by_service_;
    ByKind of_any_service_;  // who follows services at all
    ByKind of_all_;
    FeedItem told_;
    std::vector<FollowerId> to_;
};

}  // namespace steward::gateway
