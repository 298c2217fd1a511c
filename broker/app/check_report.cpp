#include "broker/app/check_report.hpp"

#include <string>

namespace steward::app {
namespace {

// Above all bits that forms and management names have.
constexpr std::uint32_t kCheck = 1U << 30U;
constexpr std::uint32_t kPrivileged = 1U << 31U;

double seconds(base::Duration duration) {
    return static_cast<double>(duration.count()) / 1e6;
}

class Counters {
public:
    explicit Counters(wire::Check& check) : check_(check) {}

    template <class Number>
    void add(const char* name, Number value, const char* unit = "") {
        check_.counters.push_back({name, static_cast<double>(value), unit});
    }

    void add_used(std::string name, std::size_t used, std::size_t max) {
        check_.counters.push_back(
            {std::move(name), static_cast<double>(used), "", 0, static_cast<double>(max)});
    }

private:
    wire::Check& check_;
};

void add_privileged(const model::BrokerReport& report, Counters& to) {
    to.add("lost", report.counters.lost, "c");
    to.add("late_results", report.counters.late_results, "c");
    to.add("workers_purged", report.counters.workers_purged, "c");
    to.add("results", report.results);
    for (const model::Usage& usage : report.usages) {
        to.add_used("used_" + std::string(usage.name), usage.used, usage.max);
    }
    if (report.messages) {
        to.add("garbage", report.messages->garbage, "c");
        to.add("malformed", report.messages->malformed, "c");
        to.add("undeliverable", report.messages->undeliverable, "c");
        to.add("backlog_dropped", report.messages->backlog_dropped, "c");
        to.add("unfinished", report.messages->unfinished, "c");
    }
    if (report.journal) {
        to.add("journal_log", report.journal->log_bytes, "B");
        to.add("journal_queue", report.journal->queue_bytes, "B");
        to.add("journal_last_sync", seconds(report.journal->last_sync), "s");
    }
    if (report.process) {
        to.add("memory", report.process->resident_bytes, "B");
        to.add("cpu", seconds(report.process->cpu), "s");
        to.add_used("open_files", report.process->open_files, report.process->open_files_max);
    }
}

}  // namespace

std::uint32_t as_check(std::uint32_t form, bool privileged) {
    return form | kCheck | (privileged ? kPrivileged : 0);
}

std::optional<bool> check_in(std::uint32_t form) {
    return (form & kCheck) != 0 ? std::optional((form & kPrivileged) != 0) : std::nullopt;
}

wire::Check check_of(const model::BrokerReport& report, bool privileged) {
    wire::Check check;
    check.privileged = privileged;
    check.text = std::to_string(report.ready) + " ready, " + std::to_string(report.active) +
                 " active, " + std::to_string(report.workers) + " workers, " +
                 (report.draining ? "draining" : report.mode);
    if (report.journal && report.journal->is_full) {
        check.text += "; the disk of the journal is full";
    }
    Counters counters(check);
    counters.add("uptime", seconds(report.uptime), "s");
    counters.add("ready", report.ready);
    counters.add("scheduled", report.scheduled);
    counters.add("blocked", report.blocked);
    counters.add("active", report.active);
    counters.add("dead", report.dead);
    counters.add("services", report.services);
    counters.add("workers", report.workers);
    counters.add("accepted", report.counters.accepted, "c");
    counters.add("refused", report.counters.refused, "c");
    counters.add("succeeded", report.counters.succeeded, "c");
    counters.add("failed", report.counters.failed, "c");
    counters.add("disk_full", report.journal && report.journal->is_full ? 1 : 0);
    if (privileged) {
        add_privileged(report, counters);
    }
    return check;
}

}  // namespace steward::app
