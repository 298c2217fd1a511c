// client/cli: small readers of words: lists with commas, ids, times, states.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "common/model/job.hpp"

namespace steward::cli {

/// "a,b" and "c" are three words; empty ones are left out.
[[nodiscard]] std::vector<std::string> words_between_commas(std::span<const std::string> words);

/// Ids, several with commas between. Errors: Malformed.
[[nodiscard]] base::Expected<std::vector<model::JobId>> ids_of(std::span<const std::string> words);

/// Errors: BadOption, naming the flag and how times are written.
[[nodiscard]] base::Expected<base::Duration> time_of(std::string_view flag,
                                                     const std::string& text);

/// Errors: BadOption, naming the states there are.
[[nodiscard]] base::Expected<std::vector<model::JobState>> states_of(
    std::span<const std::string> words);

/// "1 job", "2 jobs".
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view what);

}  // namespace steward::cli
