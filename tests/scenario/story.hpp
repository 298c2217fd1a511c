// tests/scenario: runs one story: its inputs go into a real Core at the instants it names, and what
// comes out is written below each of them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/core/core.hpp"
#include "tests/scenario/cast.hpp"
#include "tests/scenario/words.hpp"

namespace steward::scenario {

inline model::Payload opaque(std::string_view text) {
    return {model::Encoding::Opaque, base::Blob::copy(text)};
}

/// The inputs of `text` (comments and empty lines stay, indented lines are dropped) with the
/// effects they have now.
[[nodiscard]] std::string retell(std::string_view text);

class Story {
public:
    /// The effects of one input line, as indented lines.
    [[nodiscard]] std::string tell(std::string line);

private:
    [[nodiscard]] std::string set_policy(Words& line);
    [[nodiscard]] std::string advance(Words& line);
    [[nodiscard]] std::string restart(Words& line);
    void set_clock(Words& line);
    void listen();
    [[nodiscard]] std::string apply(core::Input&& input);
    void start();

    [[nodiscard]] core::Input read_peer_line(const std::string& name, Words& line);
    [[nodiscard]] core::Submit read_submit(const std::string& client, Words& line);
    void read_option(const std::string& word, Words& line, model::JobOptions& options) const;
    [[nodiscard]] std::optional<core::Request> read_request(const std::string& verb,
                                                            Words& line) const;
    [[nodiscard]] core::JobFilter read_filter(Words& line) const;
    [[nodiscard]] core::Query read_query(const std::string& client, Words& line);
    [[nodiscard]] core::Ready read_ready(const std::string& worker, Words& line);
    [[nodiscard]] core::Finish read_finish(const std::string& worker, Words& line, bool success);
    [[nodiscard]] core::Ready::Running read_running(Words& line) const;

    Cast cast_;
    core::Policy policy_;
    std::unique_ptr<core::Core> core_;
    base::Now now_{base::MonoTime(base::Duration(0)),
                   base::WallTime(std::chrono::hours(24 * 365 * 55))};
    std::vector<core::Record> journal_;  // of all runs
    std::size_t earlier_ = 0;            // how many of them earlier runs wrote
    core::Seq durable_ = 0;              // of this run
    bool hears_all_ = false;             // every event, else not those that tell little
};

}  // namespace steward::scenario
