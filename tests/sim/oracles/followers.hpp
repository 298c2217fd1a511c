// tests/sim: oracle of those who follow a job: who is there when a part comes has heard it, and
// those that the same attempt of a background job said before, in the order of the parts, once for
// each time that he asked; and then one end, behind which nothing comes.
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
    /// `is_clean`: what a client is told it has asked for; nobody sends others' words again.
    /// `is_quick`: every peer reads what it is sent.
    Followers(const Network& network, bool is_clean, bool is_quick)
        : network_(network), is_clean_(is_clean), is_quick_(is_quick) {}

    // ---- what a broker reads ----
    void asked(BrokerRun run, LinkId from, std::uint64_t number, const model::JobId& job);
    void part_came(BrokerRun run, const model::JobId& job, std::string_view data);

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
    };

    void check(const Asked& who, std::uint64_t serial) const;
    void check_before_end(const Asked& who) const;

    const Network& network_;
    bool is_clean_;
    bool is_quick_;
    std::map<Asked, Follower> open_;
    std::set<Asked> ended_;
    std::map<std::uint64_t, std::vector<Asked>> there_;  // when this part came
    std::map<JobOfRun, Serials> said_;                   // by the running attempt, as the news tell
    // Since all was said that there was to say: each part that came, with what was said up to it.
    std::map<BrokerRun, std::map<std::uint64_t, Serials>> counted_;
    std::uint64_t heard_ = 0;
    std::uint64_t heard_late_ = 0;
};

}  // namespace steward::sim
