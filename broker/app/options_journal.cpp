// broker/app: the settings of the journal.
#include "broker/app/options_parts.hpp"
#include "common/config/units.hpp"

namespace steward::app {
namespace {

constexpr std::string_view kInterval = "interval:";

// Errors: BadConfig, saying what is allowed.
base::Expected<store::DiskJournalOptions> parse_durability(std::string_view text) {
    store::DiskJournalOptions options;
    if (text == "sync") {
        options.durability = store::Durability::Sync;
        return options;
    }
    if (text == "os") {
        options.durability = store::Durability::Os;
        return options;
    }
    const auto interval = text.starts_with(kInterval)
                              ? config::parse_duration(text.substr(kInterval.size()))
                              : std::nullopt;
    if (!interval || *interval <= base::Duration::zero() || *interval > std::chrono::hours(1)) {
        return base::fail(
            base::Errc::BadConfig,
            "it is sync, interval:DURATION (such as interval:50ms, at most 1h) or os");
    }
    options.durability = store::Durability::Interval;
    options.sync_interval = *interval;
    return options;
}

}  // namespace

base::Expected<void> check_durability(std::string_view text) {
    auto parsed = parse_durability(text);
    return parsed ? base::Expected<void>() : base::Unexpected(std::move(parsed.error()));
}

store::DiskJournalOptions BrokerOptions::journal_options() const {
    store::DiskJournalOptions options = parse_durability(journal_durability).value();  // checked
    options.queue_bytes_max = journal_queue_bytes_max;
    options.file_bytes_max = journal_file_bytes_max;
    options.checkpoint_bytes_min = journal_checkpoint_bytes_min;
    return options;
}

std::string BrokerOptions::journal_path() const {
    return store::journal_path(data_dir, journal_folder);
}

config::Section journal_section(BrokerOptions& o) {
    return {
        "journal",
        "What survives the broker: durable jobs and what operators have set.",
        {{.key = "engine",
          .target = &o.journal_engine,
          .doc = "`disk`, or `memory`: every job ends with the broker.",
          .words = {"disk", "memory"}},
         {.key = "folder",
          .target = &o.journal_folder,
          .doc = "Its folder, within `broker.data_dir` unless it begins with `/`.",
          .min = 1,
          .max = kPathBytesMax},
         {.key = "durability",
          .target = &o.journal_durability,
          .doc =
              "What an acknowledgement waits for. `sync`: the disk; nothing acknowledged is lost "
              "when power is. `interval:50ms` (any time): the system, and the disk within that "
              "time; survives the end of the broker, and a loss of power but for the last "
              "moments. `os`: the system alone, which writes when it likes.",
          .min = 1,
          .max = 64,
          .check = &check_durability},
         {.key = "queue_bytes_max",
          .target = &o.journal_queue_bytes_max,
          .doc = "What waits to be written; past it durable jobs are refused for a moment.",
          .is_size = true,
          .min = kKiB,
          .max = kKiB * kGiB},
         {.key = "file_bytes_max",
          .target = &o.journal_file_bytes_max,
          .doc = "Where one file ends and the next begins.",
          .is_size = true,
          .min = kKiB,
          .max = kKiB * kGiB},
         {.key = "checkpoint_bytes_min",
          .target = &o.journal_checkpoint_bytes_min,
          .doc = "When this much, and as much as the last checkpoint has, was written since then, "
                 "the next takes the place of it all.",
          .is_size = true,
          .min = kKiB,
          .max = kKiB * kGiB}}};
}

}  // namespace steward::app
