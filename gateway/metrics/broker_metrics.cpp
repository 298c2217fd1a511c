// gateway/metrics: the broker as a whole.
#include <array>

#include "gateway/metrics/metrics_parts.hpp"
#include "gateway/metrics/report_reader.hpp"

namespace steward::gateway {
namespace {

using nlohmann::json;

// A metric that is one member of a report.
struct Plain {
    const char* member;
    std::string_view name;
    std::string_view help;
};

constexpr std::array kGauges = {
    Plain{"services", "steward_services", "Services that are known."},
    Plain{"workers", "steward_workers_connected", "Workers that are connected."},
    Plain{"results", "steward_results", "Results that are kept to be fetched by id."},
    Plain{"groups", "steward_groups", "Groups that have jobs or settings."},
    Plain{"schedules", "steward_schedules", "Schedules."},
    Plain{"batches", "steward_batches", "Batches."},
    Plain{"stored", "steward_jobs_stored", "Ready jobs on the disk, or packed in memory."},
    Plain{"draining", "steward_broker_draining", "Whether the broker ends."},
};

constexpr std::array kCounters = {
    Plain{"refused", "steward_submissions_refused_total", "Submissions that were refused."},
    Plain{"resends", "steward_submissions_resent_total", "Submissions that were there before."},
    Plain{"deduplicated",
          "steward_submissions_deduplicated_total",
          "Submissions whose unique key another job had."},
    Plain{"started", "steward_attempts_started_total", "Attempts that were given to a worker."},
    Plain{"recalled", "steward_attempts_recalled_total", "Attempts given ahead and taken back."},
    Plain{"readopted",
          "steward_attempts_readopted_total",
          "Attempts that a worker brought back after a reconnect."},
    Plain{"snoozed", "steward_attempts_snoozed_total", "Attempts that asked for another time."},
    Plain{"late_results",
          "steward_results_late_total",
          "Results of attempts that were not that worker's any more."},
    Plain{"results_dropped",
          "steward_results_dropped_total",
          "Results that went before their time for want of room."},
    Plain{"dead_dropped",
          "steward_dead_letters_dropped_total",
          "Dead letters that went for want of room."},
    Plain{"scheduled_runs", "steward_schedule_runs_total", "Jobs that schedules submitted."},
    Plain{"workers_purged", "steward_workers_purged_total", "Workers that fell silent."},
    Plain{"strangers",
          "steward_worker_strangers_total",
          "Messages from workers that had not announced themselves."},
};

constexpr std::array kJournalGauges = {
    Plain{"queue_bytes", "steward_journal_queue_bytes", "Bytes that wait to be written."},
    Plain{"spill_files", "steward_journal_spill_files", "Files of jobs that are not in memory."},
    Plain{"last_sync_seconds", "steward_journal_last_sync_seconds", "How long the last sync took."},
    Plain{"last_sync_records",
          "steward_journal_last_sync_records",
          "Records that the last sync made safe."},
    Plain{"full", "steward_journal_disk_full", "Whether the journal's disk is full."},
};

constexpr std::array kJournalCounters = {
    Plain{"syncs", "steward_journal_syncs_total", "Syncs of the journal."},
    Plain{"sync_seconds", "steward_journal_sync_seconds_total", "How long all syncs took."},
};

constexpr std::array kProcessGauges = {
    Plain{"resident_bytes",
          "steward_broker_resident_memory_bytes",
          "Memory that the broker's process holds."},
    Plain{"open_files", "steward_broker_open_fds", "Descriptors that the broker has open."},
    Plain{"open_files_max", "steward_broker_max_fds", "Descriptors that it may have open."},
    Plain{"startedat",
          "steward_broker_start_time_seconds",
          "When the broker started, in seconds since 1970."},
};

constexpr std::array kProcessCounters = {
    Plain{"cpu_seconds",
          "steward_broker_cpu_seconds_total",
          "Time of a processor that the broker has used."},
};

template <std::size_t N>
void put_plain(const json& object,
               const std::array<Plain, N>& metrics,
               prometheus::MetricType type,
               Page& page) {
    for (const Plain& metric : metrics) {
        Family family(type, metric.name, metric.help);
        if (const auto number = number_in(object, metric.member)) {
            family.add(*number);
        } else if (const auto flag = flag_in(object, metric.member)) {
            family.add(*flag ? 1 : 0);
        }
        page.put(std::move(family));
    }
}

void put_mode(const json& broker, Page& page) {
    Family modes = gauge("steward_broker_mode", "1 for the mode of all services.");
    const std::string mode = text_in(broker, "mode");
    for (const std::string_view one : {"running", "paused", "draining", "disabled"}) {
        if (!mode.empty()) {
            modes.add(mode == one ? 1 : 0, {{"mode", one}});
        }
    }
    page.put(std::move(modes));
}

void put_resources(const json& limits, Page& page) {
    Family used = gauge("steward_resource_used", "How much there is of what has a limit.");
    Family max = gauge("steward_resource_max", "How much there may be of it.");
    if (limits.is_object()) {
        for (const auto& [name, usage] : limits.items()) {
            used.add(number_in(usage, "used").value_or(0), {{"resource", name}});
            max.add(number_in(usage, "max").value_or(0), {{"resource", name}});
        }
    }
    page.put(std::move(used));
    page.put(std::move(max));
}

void put_messages(const json& messages, Page& page) {
    Family unread =
        counter("steward_messages_unread_total", "Messages that the broker could make nothing of.");
    Family undelivered = counter("steward_messages_undelivered_total",
                                 "Messages of the broker that their peer did not take.");
    const auto put = [&](Family& to, const char* member, std::string_view reason) {
        if (const auto count = number_in(messages, member)) {
            to.add(*count, {{"reason", reason}});
        }
    };
    put(unread, "garbage", "garbage");
    put(unread, "malformed", "malformed");
    put(unread, "unfinished", "unfinished");
    put(undelivered, "undeliverable", "gone");
    put(undelivered, "backlog_dropped", "slow");
    page.put(std::move(unread));
    page.put(std::move(undelivered));
    if (const auto count = number_in(messages, "forbidden")) {
        Family forbidden = counter("steward_requests_forbidden_total",
                                   "Requests for which a key lacked the grant.");
        forbidden.add(*count);
        page.put(std::move(forbidden));
    }
}

void put_journal(const json& journal, Page& page) {
    Family info = gauge("steward_journal_info", "1: how jobs are kept.");
    if (const std::string engine = text_in(journal, "engine"); !engine.empty()) {
        const std::string durability = text_in(journal, "durability");
        info.add(1, {{"engine", engine}, {"durability", durability}});
    }
    page.put(std::move(info));
    Family bytes = gauge("steward_journal_bytes", "Bytes of the journal's files, but for spills.");
    for (const auto& [member, part] :
         {std::pair{"checkpoint_bytes", "checkpoint"}, std::pair{"log_bytes", "log"}}) {
        if (const auto size = number_in(journal, member)) {
            bytes.add(*size, {{"part", part}});
        }
    }
    page.put(std::move(bytes));
    put_plain(journal, kJournalGauges, prometheus::MetricType::Gauge, page);
    put_plain(journal, kJournalCounters, prometheus::MetricType::Counter, page);
}

}  // namespace

void put_broker(const json& broker, Page& page) {
    const auto object = [&](const char* name) {
        const json* found = member_of(broker, name);
        return found != nullptr ? *found : json();
    };
    put_mode(broker, page);
    put_plain(broker, kGauges, prometheus::MetricType::Gauge, page);
    put_plain(broker, kCounters, prometheus::MetricType::Counter, page);
    put_resources(object("limits"), page);
    put_messages(object("messages"), page);
    put_journal(object("journal"), page);
    put_plain(object("process"), kProcessGauges, prometheus::MetricType::Gauge, page);
    put_plain(object("process"), kProcessCounters, prometheus::MetricType::Counter, page);
}

}  // namespace steward::gateway
