// tests/sim: oracle of those who follow a job: who is there when a part comes has heard it, and
// those that the same attempt of a background job said before, in the order of the parts, once for
// each time that he asked; and then one end, behind which nothing comes. Who comes soon after the
// end hears what the last attempt said, and then the end.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/oracles/job_book.hpp"

namespace steward::sim {

/// What a worker sends as part `serial`, which names one part for ever: "h17x". It says the same in
/// the progress that it reports next.
[[nodiscard]] std::string part_text(std::uint64_t serial);
[[nodiscard]] std::optional<std::uint64_t> serial_of_part(std::string_view text);

class Followers {
public:
    struct World {
        bool is_clean = false;  // what a client is told it has asked for; nobody else's words
        bool is_quick = false;  // every peer reads what it is sent
        bool is_roomy = false;  // brokers have room for all parts
        Duration parts_ttl{};   // how long they are told after the end
    };

    Followers(const Network& network, const World& world) : network_(network), world_(world) {}

    // ---- what a broker reads ----
    void asked(
        BrokerRun run, LinkId from, std::uint64_t number, const model::JobId& job, MonoTime now);
    void part_came(BrokerRun run, const model::JobId& job, std::string_view data, MonoTime now);

    // ---- what it says ----
    void part_sent(BrokerRun run, LinkId to, std::uint64_t number, std::string_view data);
    /// `is_result`: the job has ended, too.
    void end_sent(BrokerRun run, LinkId to, std::uint64_t number, bool is_result);
    /// The news tell which parts were of an attempt that the broker counts, and of the same one.
    void hear(const Heard& heard);
    /// `is_all_said`: all that belongs to what it has read so far is sent. Else some of it waits
    /// for the journal, or behind what does.
    void turn_ended(BrokerRun run, bool is_all_said);

    [[nodiscard]] std::uint64_t parts_heard() const { return heard_; }

    /// That came before he asked.
    [[nodiscard]] std::uint64_t parts_heard_late() const { return heard_late_; }

    /// By who asked when the news had told of the end.
    [[nodiscard]] std::uint64_t parts_heard_last() const { return heard_last_; }

private:
    struct Asked {
        std::size_t broker = 0;
        std::uint32_t run = 0;
        LinkId link = 0;
        std::uint64_t number = 0;

        auto operator<=>(const Asked&) const = default;
    };

    using Serials = std::vector<std::uint64_t>;

    struct JobOfRun {
        std::size_t broker = 0;
        std::uint32_t run = 0;
        model::JobId job;

        auto operator<=>(const JobOfRun&) const = default;
    };

    struct Follower {
        model::JobId job;
        std::set<std::uint64_t> parts;  // that he was sent
        Serials last{};                 // that the job had said when it ended, before he asked
    };

    struct Last {
        Serials said;
        MonoTime until;  // so long, at least, they are told
    };

    void end_attempt(const Heard& heard, const JobOfRun& key);
    void check(const Asked& who, std::uint64_t serial) const;
    void check_before_end(const Asked& who) const;

    const Network& network_;
    World world_;
    std::map<Asked, Follower> open_;
    std::set<Asked> ended_;
    std::map<std::uint64_t, std::vector<Asked>> there_;  // when this part came
    std::map<std::uint64_t, MonoTime> came_at_;          // the part
    std::map<JobOfRun, Serials> said_;                   // by the running attempt, as the news tell
    std::map<JobOfRun, Last> last_;                      // of jobs that have ended
    // Since all was said that there was to say: each part that came, with what was said up to it.
    std::map<BrokerRun, std::map<std::uint64_t, Serials>> counted_;
    std::uint64_t heard_ = 0;
    std::uint64_t heard_late_ = 0;
    std::uint64_t heard_last_ = 0;
};

}  // namespace steward::sim
