#include "broker/app/lifecycle_log.hpp"

#include <cstdio>
#include <utility>

namespace steward::app {

LifecycleLog::LifecycleLog(LifecycleOptions options, posix::AppendFile file)
    : options_(std::move(options)), file_(std::move(file)) {}

base::Expected<LifecycleLog> LifecycleLog::open(const LifecycleOptions& options) {
    auto file = posix::AppendFile::open(options.path);
    if (!file) {
        return base::Unexpected(std::move(file.error()));
    }
    return LifecycleLog(options, std::move(*file));
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

void LifecycleLog::write(std::string_view lines, std::size_t count) {
    const auto written = append(lines);
    if (!written) {
        lines_lost_ += count;
    }
    if (is_failing_ == written.has_value()) {
        is_failing_ = !is_failing_;
        news_ = News{is_failing_, written ? "" : written.error().message, lines_lost_};
    }
}

base::Expected<void> LifecycleLog::append(std::string_view lines) {
    const bool is_full = file_.size() > 0 && file_.size() + lines.size() > options_.bytes_max;
    if (is_full || !file_.is_open()) {
        if (auto rotated = rotate(); !rotated) {
            return rotated;
        }
    }
    return file_.append(lines);
}

// The newest becomes .1, .1 becomes .2, and the last is overwritten.
base::Expected<void> LifecycleLog::rotate() {
    const auto name = [&](std::uint32_t age) {
        return age == 0 ? options_.path : options_.path + "." + std::to_string(age);
    };
    if (file_.is_open()) {
        file_ = {};
        for (std::uint32_t age = options_.files_max - 1; age > 0; --age) {
            // A gap in the row, as at first, is no failure.
            [[maybe_unused]] const int rc = std::rename(name(age - 1).c_str(), name(age).c_str());
        }
        if (options_.files_max == 1) {
            std::remove(options_.path.c_str());
        }
    }
    auto file = posix::AppendFile::open(options_.path);
    if (!file) {
        return base::Unexpected(std::move(file.error()));
    }
    file_ = std::move(*file);
    return {};
}

std::optional<LifecycleLog::News> LifecycleLog::take_news() {
    return std::exchange(news_, std::nullopt);
}

}  // namespace steward::app
