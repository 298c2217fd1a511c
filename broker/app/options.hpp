// broker/app: every setting of the broker, where each comes from, and the table that describes
// them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/app/lifecycle_log.hpp"
#include "broker/app/options_rows.hpp"
#include "broker/app/transport_parts.hpp"
#include "broker/core/policy.hpp"
#include "broker/store/disk_journal.hpp"
#include "broker/store/journal_place.hpp"
#include "common/base/expected.hpp"
#include "common/config/schema.hpp"
#include "common/log/log.hpp"
#include "common/model/event.hpp"
#include "common/net/roles.hpp"

namespace steward::app {

/// A log of JSON lines, in files that take turns.
struct LineLogSettings {
    std::string file;  // within the data folder unless it begins with /
    std::size_t bytes_max = 0;
    std::uint32_t files = 8;
    bool enabled = true;
};

/// Defaults, with their reasons in policy.hpp and limits.hpp or in the table.
struct BrokerOptions {
    core::Policy policy;
    std::string bind = "127.0.0.1";
    std::uint16_t client_port = 5555;
    std::uint16_t worker_port = 5556;
    std::uint16_t news_port = 5557;
    std::string data_dir = store::kDataDirDefault;
    std::string log_level = "info";
    std::string log_file;
    std::uint16_t io_threads = 1;
    bool local_streams = true;
    bool zmtp_in_loop = true;
    std::string key_file;  // empty: without keys
    std::string clients_directory;
    bool insecure = false;
    base::Duration handshake_timeout = std::chrono::seconds(10);
    std::uint32_t backlog = 4096;
    std::string admin_secret_file;
    LineLogSettings lifecycle{"lifecycle.log", 64UL << 20U};
    LineLogSettings audit{"audit.log", 16UL << 20U};
    std::vector<std::string> lifecycle_events = {"all", "-DEQUEUED", "-EXECUTE_START"};
    std::string journal_engine = "disk";
    std::string journal_folder = store::kFolderDefault;
    std::string journal_durability = "sync";
    std::size_t journal_queue_bytes_max = 64UL << 20U;
    std::size_t journal_file_bytes_max = 256UL << 20U;
    std::size_t journal_checkpoint_bytes_min = 64UL << 20U;
    std::vector<ScheduleRow> schedules;  // as written; what they amount to is in the policy
    ScratchRows scratch;

    /// Whether other machines reach the address.
    [[nodiscard]] bool is_off_loopback() const;
    [[nodiscard]] Endpoints endpoints() const;
    /// Without the keys, which are read from their file.
    [[nodiscard]] net::SocketOptions socket_options() const;
    [[nodiscard]] log::LogOptions log_options() const;
    [[nodiscard]] LifecycleOptions files_of(const LineLogSettings& log) const;
    [[nodiscard]] store::DiskJournalOptions journal_options() const;
    /// Where the journal lies.
    [[nodiscard]] std::string journal_path() const;
    /// The kinds of events that the lifecycle log has.
    [[nodiscard]] model::EventSet lifecycle_kinds() const;
};

/// The table over `options`, which must stay where it is.
[[nodiscard]] config::Schema schema_of(BrokerOptions& options);

/// One value from outside the file and what gave it: ("--bind", "broker.bind", "0.0.0.0").
struct OutsideValue {
    std::string origin;
    std::string setting;
    std::string value;
};

/// Where values come from, weakest first: defaults, file, environment, flags.
struct OptionSources {
    std::string file;  // empty: none
    std::vector<OutsideValue> environment;
    std::vector<OutsideValue> flags;
};

/// The variables that are looked at, through `look_up` (std::getenv): ZMWS's HEARTBEAT_INTERVAL, a
/// number of seconds, and HEARTBEAT_MAXTRIES; STEWARD_BIND, STEWARD_CLIENT_PORT,
/// STEWARD_WORKER_PORT, STEWARD_NEWS_PORT, STEWARD_DATA_DIR and STEWARD_LOG_LEVEL. Empty is unset.
[[nodiscard]] std::vector<OutsideValue> read_environment(char* (*look_up)(const char*));

/// Errors: BadConfig, naming every mistake with its place; Io when the file cannot be read.
/// Blocks: for the file and for those of the time zones that schedules name.
[[nodiscard]] base::Expected<std::unique_ptr<BrokerOptions>> load_options(
    const OptionSources& sources);

/// What a reload brings, told against the options that the process was started with.
struct Reload {
    core::Policy policy;  // the new one, but for what needs a restart
    log::Level log_level = log::Level::Info;
    model::EventSet lifecycle_kinds;
    std::vector<config::Difference> changed;        // takes effect, or has before
    std::vector<config::Difference> needs_restart;  // does not, yet
};

[[nodiscard]] Reload plan_reload(BrokerOptions& started, BrokerOptions& loaded);

}  // namespace steward::app
