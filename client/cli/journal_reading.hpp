// client/cli: a journal's folder read from one end to the other, whether a broker uses it or not.
// It never writes, and it tells what it found as values; the verbs print it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "broker/core/record.hpp"
#include "broker/store/journal_chain.hpp"
#include "client/cli/journal_spills.hpp"

namespace CLI {
class App;
}

namespace steward::cli {

/// Which journal, as the command line says it.
struct JournalPlace {
    std::string folder;  // empty: where the broker of the configuration has it
    std::string config;  // empty: no file
};

/// The option --config.
void add_config(CLI::App& verb, JournalPlace& place);

/// The folder that is meant: the one that was named, else as a broker finds it: STEWARD_DATA_DIR,
/// the configuration, its defaults.
/// Errors: BadConfig; Io when the configuration cannot be read.
[[nodiscard]] base::Expected<std::string> folder_of(const JournalPlace& place);

/// One record and where it stands.
struct FoundRecord {
    const std::string& file;
    std::uint64_t offset = 0;  // of its commit
    std::uint64_t number = 0;
    std::string_view bytes;
};

/// Takes a record and the fact that it holds, or why it holds none. An error ends the reading
/// there: no broker starts with that record.
using FactSink =
    std::function<base::Expected<void>(const FoundRecord&, base::Expected<core::Record>&& fact)>;

/// What is in one file of the folder.
struct FileTally {
    std::string name;
    store::NameKind kind = store::NameKind::Other;
    std::uint64_t bytes = 0;
    std::uint64_t commits = 0;
    std::uint64_t records = 0;
    std::uint64_t first = 0;  // number of its first record
    std::uint64_t jobs = 0;   // that wait in it, as the checkpoint tells
    bool is_read = false;     // it is part of the journal, and was reached
};

/// How a journal stands.
struct JournalReport {
    std::string folder;
    store::ChainEnd end;
    std::uint64_t checkpoint = 0;  // its number; 0: none
    std::uint64_t records = 0;
    std::vector<FileTally> files;                // by name
    std::map<std::string, std::uint64_t> facts;  // how many of each kind
    std::uint64_t spills = 0;                    // that the checkpoint refers to
    std::uint64_t spilled_jobs = 0;              // that it says wait in them
    std::uint64_t spill_bytes = 0;
    std::vector<LostJobs> lost;  // in the order of the checkpoint

    /// "sound", "torn" or "damaged".
    [[nodiscard]] std::string_view state() const;
    /// The exit status that tells it.
    [[nodiscard]] int status() const;

    /// Of all that belongs to it.
    [[nodiscard]] std::uint64_t bytes() const { return end.bytes + spill_bytes; }

    [[nodiscard]] bool is_damaged() const {
        return end.how == store::ChainEnd::How::Damaged || !lost.empty();
    }

    /// Where it ends and why, or where jobs are lost, in a sentence; empty when it is sound.
    [[nodiscard]] std::string problem() const;
    /// What a broker does about it, in a sentence; empty when it is sound.
    [[nodiscard]] std::string consequence() const;
    [[nodiscard]] nlohmann::json json() const;

private:
    [[nodiscard]] bool has_lost_files() const;
};

/// Reads it all, with all checksums, and the spills that its checkpoint refers to: `spills` has
/// them before the first fact is given to `sink`. Bound: memory for one commit and a few megabytes,
/// and what is lost; all files are open at once. Errors: Io, also when the folder is no journal's;
/// UnsupportedVersion of a spill.
[[nodiscard]] base::Expected<JournalReport> read_journal(store::ReadableFolder& folder,
                                                         JournalSpills& spills,
                                                         const FactSink& sink);

}  // namespace steward::cli
