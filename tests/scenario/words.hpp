// tests/scenario: one line of a story as words: plain ones, "quoted" ones, durations, job names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.hpp"
#include "common/model/options.hpp"

namespace steward::scenario {

/// The words of a line, taken one after another. A line that cannot be read ends the program with
/// its text: stories are ours, not a stranger's.
class Words {
public:
    explicit Words(std::string line);

    [[nodiscard]] bool at_end() const { return next_ == words_.size(); }

    /// The next word is this one, and is taken.
    bool take(std::string_view word);
    [[nodiscard]] std::string word();
    [[nodiscard]] std::uint64_t number();
    [[nodiscard]] std::int64_t signed_number();
    [[nodiscard]] base::Duration duration();
    /// As people write it: 5/s, 100/min.
    [[nodiscard]] model::Rate rate();
    [[noreturn]] void fail(std::string_view why) const;
    [[nodiscard]] std::string_view peek() const;

private:
    std::string line_;
    std::vector<std::string> words_;
    std::size_t next_ = 0;
};

/// "1.5s", "20ms", "5min" as people write it.
[[nodiscard]] std::string text_of(base::Duration duration);

}  // namespace steward::scenario
