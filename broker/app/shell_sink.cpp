#include "broker/app/shell_sink.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace steward::app {
namespace {

log::Level level_of(core::Severity severity) {
    switch (severity) {
        case core::Severity::Debug: return log::Level::Debug;
        case core::Severity::Info: return log::Level::Info;
        case core::Severity::Warning: return log::Level::Warning;
        case core::Severity::Error: return log::Level::Error;
    }
    return log::Level::Error;
}

}  // namespace

void ShellSink::note(const core::Note& note) {
    const log::Level level = level_of(note.severity);
    if (!log_.wants(level)) {
        return;
    }
    std::vector<log::Field> fields;
    fields.reserve(note.fields.size());
    for (const auto& [key, value] : note.fields) {
        fields.emplace_back(key, value);
    }
    log_.write(level, note.event, fields);
}

void ShellSink::lifecycle(std::string_view lines, std::size_t count) {
    if (lifecycle_) {
        lifecycle_->add(lines, count);
    }
}

void ShellSink::audit(std::string_view lines) {
    if (audit_) {
        audit_->add(lines, static_cast<std::size_t>(std::ranges::count(lines, '\n')));
    }
}

void ShellSink::reopen() {
    for (std::optional<LifecycleLog>* const file : {&lifecycle_, &audit_}) {
        if (*file) {
            (*file)->reopen();
        }
    }
}

void ShellSink::flush() {
    if (lifecycle_) {
        flush(*lifecycle_, "lifecycle_log_failing", "lifecycle_log_recovered");
    }
    if (audit_) {
        flush(*audit_, "audit_log_failing", "audit_log_recovered");
    }
}

void ShellSink::flush(LifecycleLog& file, std::string_view failing, std::string_view recovered) {
    file.flush();
    if (const auto news = file.take_news()) {
        const std::string lost = std::to_string(news->lines_lost);
        if (news->is_failing) {
            log_.write(log::Level::Error, failing, {{"why", news->why}});
        } else {
            log_.write(log::Level::Info, recovered, {{"lines_lost", lost}});
        }
    }
}

}  // namespace steward::app
