// worker/exec: what the worker asks of the keeper, as the keeper's command line, and what the
// keeper reports when all has ended, as one line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.hpp"
#include "worker/exec/limits.hpp"

namespace steward::worker::exec {

inline constexpr int kLeashFd = 3;   // the keeper reads it; its end means: end all
inline constexpr int kReportFd = 4;  // the keeper writes its report there

struct KeeperOrder {
    std::string user;  // empty: as the worker
    std::vector<ResourceLimit> limits;
    std::uint64_t memory_bytes_max = 0;  // of all processes together; 0: no bound
    base::Duration grace{};              // between SIGTERM and SIGKILL
    std::vector<std::string> command;
};

/// The words behind the keeper's own name.
[[nodiscard]] std::vector<std::string> words_of(const KeeperOrder& order);
/// Nothing: not what words_of() makes.
[[nodiscard]] std::optional<KeeperOrder> order_of(const std::vector<std::string>& words);

struct KeeperReport {
    enum class End : std::uint8_t {
        Exited,     // number: its status
        Killed,     // number: the signal
        OverLimit,  // number: bytes held, more than memory_bytes_max
        Unstarted   // number: errno; text: what could not be done
    };
    End end = End::Unstarted;
    std::uint64_t number = 0;
    std::string text;
};

[[nodiscard]] std::string line_of(const KeeperReport& report);
/// Nothing: not what line_of() makes, such as what a keeper leaves that was killed.
[[nodiscard]] std::optional<KeeperReport> report_of(std::string_view line);

}  // namespace steward::worker::exec
