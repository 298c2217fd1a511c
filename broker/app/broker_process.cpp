#include "broker/app/broker_process.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <unistd.h>
#include <utility>

#include <climits>

#include "broker/app/key_grants.hpp"
#include "broker/store/disk_journal.hpp"
#include "broker/store/fork_checkpointer.hpp"
#include "broker/store/memory_journal.hpp"
#include "broker/store/posix_disk.hpp"
#include "common/config/units.hpp"
#include "common/keys/own_key.hpp"
#include "common/posix/append_file.hpp"
#include "common/posix/clock.hpp"
#include "common/posix/descriptor_limit.hpp"
#include "common/posix/process_figures.hpp"
#include "common/posix/random_seed.hpp"
#include "common/posix/secret.hpp"
#include "common/zones/load_zone.hpp"

namespace steward::app {
namespace {

base::Unexpected with_setting(base::Error error, std::string_view setting) {
    error.message += "; the setting is ";
    error.message += setting;
    return base::Unexpected(std::move(error));
}

// The journal's next file above all must not find that connections have taken the last descriptor.
constexpr std::uint64_t kDescriptorsKept = 32;

// Of so many as the process may have; 0: it is not known.
int left_to_connections(std::uint64_t descriptors) {
    const std::uint64_t left = descriptors - std::min(descriptors / 4, kDescriptorsKept);
    return descriptors == 0 || left > INT_MAX ? INT_MAX : static_cast<int>(left);
}

}  // namespace

BrokerProcess::BrokerProcess(std::unique_ptr<BrokerOptions> options, OptionSources sources)
    : options_(std::move(options)), sources_(std::move(sources)), started_(posix::read_clock()) {}

BrokerProcess::~BrokerProcess() = default;

base::Expected<std::unique_ptr<BrokerProcess>> BrokerProcess::open(
    std::unique_ptr<BrokerOptions> options, OptionSources sources, bool repair) {
    std::unique_ptr<BrokerProcess> process(
        new BrokerProcess(std::move(options), std::move(sources)));
    if (auto opened = process->open_parts(repair); !opened) {
        return base::Unexpected(std::move(opened.error()));
    }
    return process;
}

base::Expected<void> BrokerProcess::open_parts(bool repair) {
    // Signals first: the threads of log and sockets inherit what is blocked here.
    auto signals = posix::SignalFd::open({SIGTERM, SIGINT, SIGHUP});
    if (!signals) {
        return base::Unexpected(std::move(signals.error()));
    }
    signals_.emplace(std::move(*signals));
    posix::ignore_write_signals();
    const std::uint64_t descriptors = posix::raise_descriptor_limit();

    auto log = log::Log::open(options_->log_options());
    if (!log) {
        return with_setting(std::move(log.error()), "broker.log_file");
    }
    log_ = std::move(*log);
    if (auto made = posix::make_folders(options_->data_dir); !made) {
        return with_setting(std::move(made.error()), "broker.data_dir");
    }
    auto lifecycle = open_lines(options_->lifecycle, "lifecycle.file");
    if (!lifecycle) {
        return base::Unexpected(std::move(lifecycle.error()));
    }
    auto audit = open_lines(options_->audit, "audit.file");
    if (!audit) {
        return base::Unexpected(std::move(audit.error()));
    }
    sink_.emplace(*log_, *std::move(lifecycle), options_->lifecycle_kinds(), *std::move(audit));

    auto context = net::Context::open(options_->io_threads);
    if (!context) {
        return base::Unexpected(std::move(context.error()));
    }
    context_.emplace(std::move(*context));
    auto own = open_keys();
    if (!own) {
        return base::Unexpected(std::move(own.error()));
    }
    net::SocketOptions socket_options = options_->socket_options();
    socket_options.descriptors_max = left_to_connections(descriptors);
    socket_options.curve = std::move(*own);
    auto sockets = BrokerSockets::open(*context_,
                                       options_->endpoints(),
                                       socket_options,
                                       {options_->local_streams, options_->zmtp_in_loop},
                                       principals_);
    if (!sockets) {
        return base::Unexpected(std::move(sockets.error()));
    }
    sockets_ = std::move(*sockets);
    if (auto opened = open_journal(repair); !opened) {
        return with_setting(std::move(opened.error()), "journal.folder");
    }
    return open_node();
}

base::Expected<void> BrokerProcess::open_node() {
    const auto seed = posix::random_seed();
    if (!seed) {
        return base::Unexpected(seed.error());
    }
    const base::MonoTime began = posix::read_mono();
    node_ = std::make_unique<Node>(options_->policy,
                                   posix::read_clock(),
                                   *seed,
                                   *sockets_,
                                   *journal_,
                                   *sink_,
                                   &zones::load_zone);
    if (node_->stopped()) {
        return base::fail(base::Errc::JournalFailed, node_->stopped()->why);
    }
    if (auto taken = node_->set_keys(grants_of(principals_)); !taken) {
        return with_setting(std::move(taken.error()), "security.clients_directory");
    }
    node_->set_shell_figures([this](model::BrokerReport& report) { add_figures(report); });
    auto secret = posix::Secret::find(options_->admin_secret_file,
                                      [](const char* name) { return std::getenv(name); });
    if (!secret) {
        return base::Unexpected(std::move(secret.error()));
    }
    if (*secret) {
        node_->set_secret(
            [known = **secret](std::string_view text) { return known.matches(text); });
    }
    tell_of_journal(began);
    return {};
}

base::Expected<std::optional<LifecycleLog>> BrokerProcess::open_lines(
    const LineLogSettings& settings, const std::string& setting) const {
    if (!settings.enabled) {
        return std::optional<LifecycleLog>();
    }
    auto opened = LifecycleLog::open(options_->files_of(settings));
    if (!opened) {
        return with_setting(std::move(opened.error()), setting);
    }
    return std::optional(*std::move(opened));
}

base::Expected<std::optional<net::CurveKeys>> BrokerProcess::open_keys() {
    if (options_->key_file.empty()) {
        if (options_->is_off_loopback()) {
            log_->write(log::Level::Warning,
                        "insecure",
                        {{"bind", options_->bind},
                         {"meaning",
                          "security.insecure = true: whoever reaches the ports may do everything, "
                          "and what is sent can be read on the way"}});
        }
        return std::optional<net::CurveKeys>();
    }
    auto own = keys::server_keys(options_->key_file);
    if (!own) {
        return with_setting(std::move(own.error()), "security.key_file");
    }
    if (auto set = read_clients(); !set) {
        return with_setting(std::move(set.error()), "security.clients_directory");
    }
    log_->write(log::Level::Info,
                "secure",
                {{"public_key", own->own.public_key},
                 {"clients", std::to_string(principals_.clients().size())}});
    return std::optional(std::move(*own));
}

// A folder that cannot be understood changes nothing: nobody is let in or cut off by half.
base::Expected<void> BrokerProcess::read_clients() {
    auto clients = keys::read_client_keys(options_->clients_directory);
    if (!clients) {
        return base::Unexpected(std::move(clients.error()));
    }
    return check_grants(*clients).and_then(
        [&] { return principals_.set(std::move(*clients), ::geteuid()); });
}

void BrokerProcess::reload_clients() {
    if (!principals_.is_secure()) {
        return;
    }
    if (auto set = read_clients(); !set) {
        log_->write(log::Level::Error, "clients_refused", {{"why", set.error().message}});
        return;
    }
    if (auto taken = node_->set_keys(grants_of(principals_)); !taken) {
        log_->write(log::Level::Error, "clients_refused", {{"why", taken.error().message}});
    }
    node_->lose_all_but([this](access::PrincipalId who) { return principals_.is_allowed(who); });
    if (auto opened = sockets_->reopen_news(); !opened) {
        log_->write(log::Level::Error, "news_lost", {{"why", opened.error().message}});
    }
    log_->write(log::Level::Info,
                "clients_read",
                {{"clients", std::to_string(principals_.clients().size())}});
}

void BrokerProcess::add_figures(model::BrokerReport& report) const {
    const store::JournalState journal = journal_->state();
    report.journal = {options_->journal_engine,
                      journal_report_ != nullptr ? options_->journal_durability : std::string(),
                      journal.checkpoint_bytes,
                      journal.log_bytes,
                      journal.queue_bytes,
                      journal.spill_files,
                      journal.syncs,
                      journal.sync_time,
                      journal.last_sync,
                      journal.last_sync_records,
                      journal.is_full};
    if (const auto process = posix::process_figures()) {
        report.process = {process->resident_bytes,
                          process->open_files,
                          process->open_files_max,
                          process->cpu,
                          started_.wall};
    }
}

base::Expected<void> BrokerProcess::open_journal(bool repair) {
    if (options_->journal_engine == "memory") {
        journal_ = std::make_unique<store::MemoryJournal>();
        return {};
    }
    auto disk = store::PosixDisk::open(options_->journal_path());
    if (!disk) {
        return base::Unexpected(std::move(disk.error()));
    }
    auto journal = store::DiskJournal::open(std::move(*disk),
                                            std::make_unique<store::ForkCheckpointer>(),
                                            options_->journal_options(),
                                            repair);
    if (!journal) {
        return base::Unexpected(std::move(journal.error()));
    }
    journal_report_ = &(*journal)->report();
    journal_ = std::move(*journal);
    return {};
}

void BrokerProcess::tell_of_journal(base::MonoTime began) const {
    if (journal_report_ == nullptr) {
        log_->write(log::Level::Warning,
                    "journal_in_memory",
                    {{"meaning", "jobs that were accepted end with this process"}});
        return;
    }
    for (const std::string& what : journal_report_->cut) {
        log_->write(log::Level::Warning, "journal_cut", {{"what", what}});
    }
    log_->write(log::Level::Info,
                "journal_read",
                {{"records", std::to_string(journal_report_->records)},
                 {"bytes", std::to_string(journal_report_->bytes)},
                 {"took", config::duration_text(posix::read_mono() - began)},
                 {"durability", options_->journal_durability}});
}

std::string BrokerProcess::ready_line() const {
    const Endpoints& at = sockets_->endpoints();
    return "steward-broker ready: clients " + at.clients + " workers " + at.workers + " news " +
           at.news + " pid " + std::to_string(::getpid()) + " version " STEWARD_VERSION;
}

bool BrokerProcess::run() {
    const Endpoints& at = sockets_->endpoints();
    log_->write(log::Level::Info,
                "broker_ready",
                {{"version", STEWARD_VERSION},
                 {"clients", at.clients},
                 {"workers", at.workers},
                 {"news", at.news},
                 {"local_streams", sockets_->has_local_streams() ? "yes" : "no"},
                 {"zmtp", sockets_->has_zmtp() ? "loop" : "libzmq"}});
    notify_ = posix::Notify::from_environment(&std::getenv);
    notify_.say("READY=1");
    BrokerLoop loop({.sockets = *sockets_,
                     .node = *node_,
                     .journal_fd = journal_->wakeup_fd(),
                     .sink = *sink_,
                     .signals = *signals_,
                     .log = *log_,
                     .notify = notify_,
                     .reload = [this] { reload(); }});
    const bool is_clean = loop.run();
    const auto& stop = node_->stopped();
    log_->write(is_clean ? log::Level::Info : log::Level::Error,
                "broker_ended",
                {{"why", stop ? stop->why : "was told twice to end"}});
    return is_clean;
}

void BrokerProcess::reload() {
    log_->reopen();
    sink_->reopen();
    const auto loaded = load_options(sources_);
    if (!loaded) {
        log_->write(log::Level::Error, "reload_refused", {{"why", loaded.error().message}});
        return;
    }
    const Reload reload = plan_reload(*options_, **loaded);
    node_->set_policy(reload.policy);
    sockets_->set_bounds((*loaded)->socket_options());
    log_->set_level(reload.log_level);
    sink_->set_lifecycle_kinds(reload.lifecycle_kinds);
    for (const config::Difference& difference : reload.changed) {
        log_->write(log::Level::Info,
                    "setting_changed",
                    {{"setting", difference.path},
                     {"at_start", difference.before},
                     {"now", difference.now}});
    }
    for (const config::Difference& difference : reload.needs_restart) {
        log_->write(log::Level::Warning,
                    "setting_needs_restart",
                    {{"setting", difference.path},
                     {"still", difference.before},
                     {"wanted", difference.now}});
    }
    reload_clients();
    log_->write(log::Level::Info, "reloaded");
}

}  // namespace steward::app
