// common/wire: see report_json.hpp. A list is written straight into its text, without a tree
// between.
#include "common/wire/report_json.hpp"

#include <algorithm>
#include <string_view>
#include <type_traits>

#include "common/base/bytes.hpp"
#include "common/wire/options.hpp"
#include "common/wire/params_json.hpp"
#include "common/wire/payload_text.hpp"

namespace steward::wire {
namespace {

constexpr std::size_t kParamShownBytesMax = 256;

// The first bytes of a payload, not cutting through a character where it is text.
std::string_view excerpt(std::string_view bytes) {
    if (bytes.size() <= kParamShownBytesMax) {
        return bytes;
    }
    const auto continues = [&](std::size_t at) {
        return (static_cast<unsigned char>(bytes[at]) & 0xC0U) == 0x80U;
    };
    std::size_t end = kParamShownBytesMax;
    while (end > kParamShownBytesMax - 4 && continues(end)) {
        --end;
    }
    return bytes.substr(0, continues(end) ? kParamShownBytesMax : end);
}

class ReportWriter {
public:
    ReportWriter(std::string& out, const PeerText& peer_text) : to_(out), peer_text_(peer_text) {}

    void write(const model::JobReport& report) { list(report.rows); }

    void write(const model::WorkerReport& report) { list(report.rows); }

    void write(const model::ServiceReport& report) { list(report.rows); }

    void write(const model::StatusReport& report) {
        to_.open_map();
        members(report.job);
        if (report.queue_place) {
            member("place", *report.queue_place);
        }
        if (report.progress_total != 0 || report.progress_done != 0) {
            member("done", report.progress_done);
            member("total", report.progress_total);
        }
        text_member("progress", report.progress_text);
        to_.close();
    }

    void write(const model::WhyReport& report) {
        to_.open_map();
        members(report.job);
        texts("reasons", report.reasons);
        to_.close();
    }

    void write(const model::ListReport& report) { page(report.rows, report.next); }

    void write(const model::GroupReport& report) { page(report.rows, report.next); }

    void write(const model::LimitReport& report) { page(report.rows, 0); }

    void write(const model::ScheduleReport& report) { page(report.rows, report.next); }

    void write(const model::BatchReport& report) { page(report.rows, report.next); }

    void write(const model::BrokerReport& report) {
        to_.open_map();
        time_member("uptime", report.uptime);
        member("draining", report.draining);
        member("services", report.services);
        member("workers", report.workers);
        member("ready", report.ready);
        member("scheduled", report.scheduled);
        member("active", report.active);
        member("blocked", report.blocked);
        member("dead_letters", report.dead);
        member("results", report.results);
        member("groups", report.groups);
        member("schedules", report.schedules);
        member("batches", report.batches);
        text_member("mode", report.mode);
        members(report.counters);
        member("stored", report.stored);
        members(report.usages);
        if (report.messages) {
            members(*report.messages);
        }
        if (report.journal) {
            members(*report.journal);
        }
        if (report.process) {
            members(*report.process);
        }
        time_bounds();
        to_.close();
    }

    void write(const model::ServiceKnown& known) {
        to_.open_map();
        member("workers", known.has_workers);
        to_.close();
    }

private:
    template <class Row>
    void list(const std::vector<Row>& rows) {
        to_.open_list();
        for (const Row& row : rows) {
            to_.open_map();
            members(row);
            to_.close();
        }
        to_.close();
    }

    template <class Row>
    void page(const std::vector<Row>& rows, std::uint64_t next) {
        to_.open_map();
        to_.key("rows");
        list(rows);
        if (next != 0) {
            member("next", next);
        }
        to_.close();
    }

    void members(const model::JobRow& row) {
        to_.key("jobid");
        to_.text(row.id.text());
        text_member("service", row.service.view());
        text_member("state", model::name_of(row.state));
        member("sync", row.sync);
        member("priority", row.priority);
        member("attempt", row.attempt);
        peer_member("clientid", row.client);
        peer_member("worker", row.worker);
        time_member("reqtime", row.accepted_at.time_since_epoch());
        instant_member("startedat", row.started_at);
        instant_member("completedat", row.ended_at);
        instant_member("dueat", row.due_at);
        if (row.params.encoding != model::Encoding::Absent) {
            text_member("encoding", name_of(row.params.encoding));
            member("param_bytes", row.params.bytes.size());
            to_.key("param");
            to_.text(excerpt(row.params.bytes.view()));
        }
        text_member("text", row.text);
        text_member("channel", row.channel.view());
        text_member("context", row.context.view());
        text_member("group", row.group.view());
        text_member("batch", row.batch.view());
        text_member("owner", row.owner.view());
        if (row.failures + row.losses > 0) {
            member("failures", row.failures);
            member("losses", row.losses);
        }
    }

    void members(const model::WorkerRow& row) {
        peer_member("workerid", row.peer);
        // ZMWS's workers have one service; this is the first of those that have several.
        text_member("service", row.services.empty() ? std::string_view() : row.services[0].view());
        to_.key("services");
        to_.open_list();
        for (const model::ServiceName& service : row.services) {
            to_.text(service.view());
        }
        to_.close();
        labels("channels", row.channels);
        text_member("name", row.name);
        member("concurrency", row.concurrency);
        member("held", row.held);
        member("succeeded", row.succeeded);
        member("failed", row.failed);
        time_member("since", row.since.time_since_epoch());
        time_member("hb", row.last_heard.time_since_epoch());
    }

    void members(const model::ServiceRow& row) {
        text_member("service", row.service.view());
        member("workers", row.workers);
        member("ready", row.ready);
        member("scheduled", row.scheduled);
        member("active", row.active);
        member("accepted", row.accepted);
        member("succeeded", row.succeeded);
        member("failed", row.failed);
        if (row.oldest_ready) {
            time_member("oldest_ready", *row.oldest_ready);
        }
        member("blocked", row.blocked);
        member("dead_letters", row.dead);
        text_member("mode", row.mode);
        member("failed_jobs", row.failed_jobs);
        member("died", row.died);
        member("expired", row.expired);
        member("cancelled", row.cancelled);
        member("lost", row.lost);
        member("retried", row.retried);
        times("wait_buckets", row.wait);
        time_member("wait_sum", sum_of(row.wait));
        times("run_buckets", row.run);
        time_member("run_sum", sum_of(row.run));
    }

    void members(const std::vector<model::Usage>& usages) {
        to_.key("limits");
        to_.open_map();
        for (const model::Usage& usage : usages) {
            to_.key(usage.name);
            to_.open_map();
            member("used", usage.used);
            member("max", usage.max);
            to_.close();
        }
        to_.close();
    }

    void members(const model::MessageFigures& messages) {
        to_.key("messages");
        to_.open_map();
        member("garbage", messages.garbage);
        member("malformed", messages.malformed);
        member("undeliverable", messages.undeliverable);
        member("backlog_dropped", messages.backlog_dropped);
        member("forbidden", messages.forbidden);
        member("unfinished", messages.unfinished);
        to_.close();
    }

    void members(const model::JournalFigures& journal) {
        to_.key("journal");
        to_.open_map();
        text_member("engine", journal.engine);
        text_member("durability", journal.durability);
        member("checkpoint_bytes", journal.checkpoint_bytes);
        member("log_bytes", journal.log_bytes);
        member("queue_bytes", journal.queue_bytes);
        member("spill_files", journal.spill_files);
        member("syncs", journal.syncs);
        time_member("sync_seconds", journal.sync_time);
        time_member("last_sync_seconds", journal.last_sync);
        member("last_sync_records", journal.last_sync_records);
        member("full", journal.is_full);
        to_.close();
    }

    void members(const model::ProcessFigures& process) {
        to_.key("process");
        to_.open_map();
        member("resident_bytes", process.resident_bytes);
        member("open_files", process.open_files);
        member("open_files_max", process.open_files_max);
        time_member("cpu_seconds", process.cpu);
        time_member("startedat", process.started_at.time_since_epoch());
        to_.close();
    }

    // Counts by bucket, as far as there are any.
    void times(std::string_view name, const model::TimeHistogram& histogram) {
        const auto& counts = histogram.counts;
        const auto last = std::find_if(
            counts.rbegin(), counts.rend(), [](std::uint64_t count) { return count != 0; });
        to_.key(name);
        to_.open_list();
        std::for_each(
            counts.begin(), last.base(), [this](std::uint64_t count) { to_.natural(count); });
        to_.close();
    }

    static base::Duration sum_of(const model::TimeHistogram& histogram) {
        return base::Duration{static_cast<std::int64_t>(histogram.sum_us)};
    }

    // Of the buckets, in seconds.
    void time_bounds() {
        to_.key("time_bounds");
        to_.open_list();
        for (std::size_t bucket = 0; bucket < model::TimeHistogram::kBounds; ++bucket) {
            to_.seconds(model::TimeHistogram::bound(bucket));
        }
        to_.close();
    }

    void members(const model::GroupRow& row) {
        text_member("group", row.group.view());
        member("weight", row.weight);
        if (row.limit != 0) {
            member("limit", row.limit);
        }
        if (row.spacing != base::Duration::zero()) {
            rate_member(row.spacing);
        }
        member("waiting", row.waiting);
        member("active", row.active);
    }

    void members(const model::LimitRow& row) {
        text_member("limit", row.name.view());
        if (row.at_once) {
            member("at_once", *row.at_once);
        }
        if (row.rate) {
            rate_member(row.rate->spacing);
        }
        texts("services", row.services);
        member("active", row.active);
        member("holding", row.is_holding);
    }

    void members(const model::ScheduleRow& row) {
        text_member("schedule", row.name.view());
        text_member("expression", row.expression);
        text_member("zone", row.zone);
        text_member("missed", row.missed);
        text_member("service", row.service.view());
        instant_member("next", row.next);
        instant_member("last", row.last);
        if (row.last_job) {
            text_member("last_job", row.last_job->text());
        }
        member("configured", row.is_configured);
        text_member("owner", row.owner.view());
    }

    void members(const model::BatchRow& row) {
        text_member("batch", row.name.view());
        member("total", row.total);
        member("succeeded", row.succeeded);
        member("failed", row.failed);
        member("closed", row.is_closed);
        member("ended", row.is_ended);
        time_member("openedat", row.opened_at.time_since_epoch());
        instant_member("endedat", row.ended_at);
        if (row.then) {
            text_member("then", row.then->text());
        }
    }

    void members(const model::Counters& counters) {
        member("accepted", counters.accepted);
        member("refused", counters.refused);
        member("started", counters.started);
        member("succeeded", counters.succeeded);
        member("failed", counters.failed);
        member("dead", counters.dead);
        member("expired", counters.expired);
        member("lost", counters.lost);
        member("late_results", counters.late_results);
        member("resends", counters.resends);
        member("readopted", counters.readopted);
        member("recalled", counters.recalled);
        member("workers_purged", counters.workers_purged);
        member("strangers", counters.strangers);
        member("cancelled", counters.cancelled);
        member("snoozed", counters.snoozed);
        member("deduplicated", counters.deduplicated);
        member("scheduled_runs", counters.scheduled_runs);
        member("results_dropped", counters.results_dropped);
        member("dead_dropped", counters.dead_dropped);
    }

    // As it is given in options: starts a second.
    void rate_member(base::Duration spacing) {
        to_.key("rate");
        to_.text(rate_text({spacing}));
    }

    void texts(std::string_view name, const std::vector<std::string>& values) {
        to_.key(name);
        to_.open_list();
        for (const std::string& value : values) {
            to_.text(value);
        }
        to_.close();
    }

    void labels(std::string_view name, const std::vector<model::Label>& values) {
        if (values.empty()) {
            return;
        }
        to_.key(name);
        to_.open_list();
        for (const model::Label& value : values) {
            to_.text(value.view());
        }
        to_.close();
    }

    template <class Number>
    void member(std::string_view name, Number value) {
        to_.key(name);
        if constexpr (std::is_same_v<Number, bool>) {
            to_.boolean(value);
        } else if constexpr (std::is_signed_v<Number>) {
            to_.integer(value);
        } else {
            to_.natural(value);
        }
    }

    void text_member(std::string_view name, std::string_view text) {
        if (!text.empty()) {
            to_.key(name);
            to_.text(text);
        }
    }

    void time_member(std::string_view name, base::Duration value) {
        to_.key(name);
        to_.seconds(value);
    }

    void instant_member(std::string_view name, const std::optional<base::WallTime>& at) {
        if (at) {
            time_member(name, at->time_since_epoch());
        }
    }

    void peer_member(std::string_view name, const std::optional<model::Peer>& peer) {
        if (peer && peer_text_) {
            text_member(name, peer_text_(*peer));
        }
    }

    JsonWriter to_;
    const PeerText& peer_text_;
};

}  // namespace

std::string to_json(const model::Report& report, const PeerText& peer_text) {
    std::string out;
    ReportWriter writer(out, peer_text);
    std::visit([&](const auto& kind) { writer.write(kind); }, report);
    return out;
}

}  // namespace steward::wire
