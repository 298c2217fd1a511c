// tests/sim: a native client: a real client::Session and a user who calls and waits.
#pragma once

#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/session_actor.hpp"

namespace steward::sim {

class ClientActor final : public SessionActor {
public:
    ClientActor(Stage& stage, std::string name, std::uint64_t number)
        : SessionActor(stage, std::move(name)), number_(number) {}

    void start() override;
    void heal() override;
    /// A unique job for each key there is: with nothing else left, each must be taken as new.
    void probe_keys();

    /// Results that it waits for and has not heard the end of.
    [[nodiscard]] std::size_t awaited() const { return awaits_.size(); }

private:
    void on_death() override;
    void hear(client::Happening& happening) override;

    struct Awaited {
        bool follows = false;
        int after = 0;                  // so many others that heard of the job
        std::set<std::uint64_t> parts;  // that it heard
    };

    void plan_next_calls();
    /// So many that are alike: of one service, with the same options.
    void make_calls(std::uint64_t count);
    void make_call(const Call& call, const model::JobOptions& options);
    void forget_one();
    void work_on_batch();
    void ask_something();
    void await(const model::JobId& job, bool follow, int after = 0);
    void ask(wire::native::Operate&& act);
    void close_batch();
    [[nodiscard]] Uid uid_of(std::uint64_t number) const;
    void check_follows(std::uint64_t number) const;
    void hear_part(const client::PartialAnswer& part);

    void finish(std::uint64_t number) {
        open_.erase(number);
        replaces_.erase(number);
    }

    std::uint64_t number_;
    std::uint64_t lives_ = 0;
    std::map<std::uint64_t, Uid> open_;
    std::map<std::uint64_t, Awaited> awaits_;  // of results of any jobs
    std::set<std::uint64_t> replaces_;  // of open_: to put other params in the place of the first
    std::set<std::uint64_t> probes_;    // of open_: unique, and to be taken as new
    std::string batch_;                 // that it has opened last; empty: none
    std::uint64_t batches_ = 0;
};

}  // namespace steward::sim
