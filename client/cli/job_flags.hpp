// client/cli: the options of a job as flags, for the verbs that make one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/expected.hpp"
#include "common/model/job.hpp"

namespace CLI {
class App;
}

namespace steward::cli {

struct JobFlags {
    std::string priority;  // empty here and below: not given
    std::string delay;
    std::string expires_in;
    std::string time_limit;
    std::optional<std::uint32_t> max_attempts;
    bool is_durable = false;
    bool is_volatile = false;
    std::vector<std::string> meta;  // key=value

    /// Errors: BadOption, TooLarge; they name the option.
    [[nodiscard]] base::Expected<model::JobOptions> options() const;
};

void add_job_flags(CLI::App& verb, JobFlags& flags);

}  // namespace steward::cli
