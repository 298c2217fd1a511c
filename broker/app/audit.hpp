// broker/app: the audit log's lines: what was refused to whom, and what operators did. Of what
// comes again and again only the first is written at once, the rest as a number. Writes no file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/time.hpp"

namespace steward::app {

/// One thing that a key did or was not allowed to do. Views: until the call ends.
struct Act {
    std::string_view key;          // its name; empty: a broker without keys
    std::string_view act;          // "submit", "work", "read", "operate", "come in"
    std::string_view what;         // the service, question or verb
    std::string_view missing;      // the grant; empty: it was allowed
    std::string_view object = {};  // of an operator's verb: the jobs, service, limit … it is about
    std::string_view failed = {};  // the name of the error that an allowed request ended with
};

/// Order: as noted, but for the numbers of what came again, which follow when their time is over.
/// Bound: kKindsMax kinds of acts within kWindow; the others are one more kind. So at most that
/// many
///        lines, twice, in such a time.
/// Thread: one.
class AuditLines {
public:
    static constexpr std::size_t kKindsMax = 1000;
    static constexpr base::Duration kWindow = std::chrono::seconds(10);

    void note(const base::Now& now, const Act& act);

    /// What has come of it by now: whole lines of JSON. Empty mostly. Pre: as often as there are
    /// turns; costs nothing when nothing was noted.
    [[nodiscard]] std::string take(const base::Now& now);

    /// When take() has something although nothing more was noted.
    [[nodiscard]] std::optional<base::MonoTime> next_deadline() const;

    [[nodiscard]] std::uint64_t refused() const { return refused_; }

private:
    void write(base::WallTime at, std::string_view text, std::uint64_t times);

    std::map<std::string, std::uint64_t, std::less<>> seen_;  // in this window: how often again
    base::MonoTime window_ends_{};
    std::string lines_;
    std::uint64_t refused_ = 0;
};

}  // namespace steward::app
