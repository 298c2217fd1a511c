// tests/scenario: who and what a story speaks of. Peers, sessions and jobs have short names in a
// story: w1, c1, #3 (the third job), #3/2 (its second attempt), run2#1 (the first of the second
// run).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "broker/core/input.hpp"
#include "tests/scenario/words.hpp"

namespace steward::scenario {

class Cast {
public:
    /// The peer of this name, made when it is new.
    [[nodiscard]] model::Peer peer(std::string_view name);
    [[nodiscard]] std::string name_of(model::Peer peer) const;
    /// A client's session number. It outlives its connections: c1 and c1' are one client.
    [[nodiscard]] static std::uint64_t session_of(std::string_view client);

    void begin_run(std::uint64_t epoch) { epochs_.push_back(epoch); }

    [[nodiscard]] model::JobId job(const Words& line, std::string_view text) const;
    [[nodiscard]] std::string name_of(const model::JobId& job) const;
    [[nodiscard]] model::Attempt attempt(const Words& line, std::string_view text) const;
    [[nodiscard]] std::string name_of(const model::Attempt& attempt) const;
    /// The text with every job's id in it as its name.
    [[nodiscard]] std::string with_names(std::string text) const;

private:
    std::vector<std::string> peers_;  // Peer value n is peers_[n - 1]
    std::vector<std::uint64_t> epochs_;
};

}  // namespace steward::scenario
