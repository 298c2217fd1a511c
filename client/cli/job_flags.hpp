// client/cli: the options of a job as flags, for the verbs that make one. What the values may be is
// said by those who read options everywhere: here they are only gathered.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/base/expected.hpp"
#include "common/model/job.hpp"

namespace CLI {
class App;
}

namespace steward::cli {

struct JobFlags {
    std::map<std::string, std::string> words;  // by option name; empty: not given
    std::string unique;                        // "true": without a key
    std::vector<std::string> after;            // ids, several with commas between
    std::vector<std::string> meta;             // key=value
    bool is_durable = false;
    bool is_volatile = false;

    /// The options by their documented names. Errors: BadOption for meta.
    [[nodiscard]] base::Expected<nlohmann::json> names() const;
    /// Errors: BadOption, TooLarge; they name the option.
    [[nodiscard]] base::Expected<model::JobOptions> options() const;
};

/// For which kind of job: some options make no sense for every one.
enum class JobKind : std::uint8_t {
    Call,       // somebody waits for it
    Submitted,  // nobody does, or only a while
    Later,      // submitted by a schedule or at the end of a batch
};

void add_job_flags(CLI::App& verb, JobFlags& flags, JobKind kind);

/// A job as words: its service, its params, its options.
struct JobWords {
    std::string service;
    std::vector<std::string> params;
    JobFlags flags;
};

/// The service and the params as positional words, and the flags.
void add_job_words(CLI::App& verb, JobWords& words, JobKind kind);

}  // namespace steward::cli
