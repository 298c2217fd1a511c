#include "broker/app/lifecycle_log.hpp"

#include <utility>

namespace steward::app {

base::Expected<LifecycleLog> LifecycleLog::open(const LifecycleOptions& options) {
    auto file = posix::RotatedFile::open(options);
    if (!file) {
        return base::Unexpected(std::move(file.error()));
    }
    return LifecycleLog(std::move(*file));
}

void LifecycleLog::add(std::string_view lines, std::size_t count) {
    if (buffer_.empty() && lines.size() >= kWrittenAtOnceBytes) {
        write(lines, count);
        return;
    }
    buffer_ += lines;
    lines_buffered_ += count;
    if (buffer_.size() >= kBufferBytesMax) {
        flush();
    }
}

void LifecycleLog::flush() {
    if (buffer_.empty()) {
        return;
    }
    write(buffer_, lines_buffered_);
    buffer_.clear();
    lines_buffered_ = 0;
}

void LifecycleLog::reopen() {
    flush();
    file_.reopen();
}

void LifecycleLog::write(std::string_view lines, std::size_t count) {
    const auto written = file_.append(lines);
    if (!written) {
        lines_lost_ += count;
    }
    if (is_failing_ == written.has_value()) {
        is_failing_ = !is_failing_;
        news_ = News{is_failing_, written ? "" : written.error().message, lines_lost_};
    }
}

std::optional<LifecycleLog::News> LifecycleLog::take_news() {
    return std::exchange(news_, std::nullopt);
}

}  // namespace steward::app
