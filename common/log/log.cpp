#include "common/log/log.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <utility>

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "common/log/repeat_limit.hpp"
#include "common/posix/clock.hpp"
#include "common/posix/rotated_file.hpp"

namespace steward::log {

namespace {

// The row of files that all of our logs are. Its lock is for reopen(): lines come from one thread.
class FileSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit FileSink(posix::RotatedFile file) : file_(std::move(file)) {}

    void reopen() {
        const std::scoped_lock lock(mutex_);
        file_.reopen();
    }

protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        std::string line(message.payload.data(), message.payload.size());
        line += '\n';
        // One that cannot be written (a full disk) is lost; there is nowhere to say so.
        static_cast<void>(file_.append(line));
    }

    void flush_() override {}  // nothing is kept back

private:
    posix::RotatedFile file_;
};

base::Expected<std::shared_ptr<FileSink>> open_file(const LogOptions& options) {
    const bool is_one = options.bytes_max == 0;
    return posix::RotatedFile::open(
               {.path = options.file,
                .bytes_max = is_one ? UINT64_MAX : options.bytes_max,
                .files_max = static_cast<std::uint32_t>(
                    std::clamp<std::size_t>(options.files_max, 1, UINT32_MAX))})
        .map([](posix::RotatedFile&& file) { return std::make_shared<FileSink>(std::move(file)); });
}

}  // namespace

struct Log::Parts {
    std::shared_ptr<spdlog::details::thread_pool> pool;
    std::shared_ptr<spdlog::async_logger> logger;
    std::shared_ptr<FileSink> file;  // null: standard error
    RepeatLimit limit;
};

Log::Log(std::unique_ptr<Parts> parts, Level level) : parts_(std::move(parts)), level_(level) {}

// The pool's end writes what is queued and joins its thread.
Log::~Log() = default;

base::Expected<std::unique_ptr<Log>> Log::open(const LogOptions& options) {
    try {
        auto parts = std::make_unique<Parts>();
        spdlog::sink_ptr sink;
        if (options.file.empty()) {
            sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
        } else {
            auto file = open_file(options);
            if (!file) {
                file.error().message =
                    "cannot open the log " + options.file + ": " + file.error().message;
                return base::Unexpected(std::move(file.error()));
            }
            parts->file = *std::move(file);
            sink = parts->file;
        }
        parts->pool = std::make_shared<spdlog::details::thread_pool>(options.lines_queued_max, 1);
        parts->logger = std::make_shared<spdlog::async_logger>(
            "steward", sink, parts->pool, spdlog::async_overflow_policy::overrun_oldest);
        parts->logger->set_pattern("%v");  // format_line() has done it all
        parts->logger->set_level(spdlog::level::trace);
        parts->logger->flush_on(spdlog::level::info);
        // A line that cannot be written (a full disk) is lost; there is nowhere to say so.
        parts->logger->set_error_handler([](const std::string&) {});
        return std::unique_ptr<Log>(new Log(std::move(parts), options.level));
    } catch (const std::exception& error) {  // spdlog's own, or the system's for want of a thread
        return base::fail(base::Errc::Io,
                          "cannot open the log " + options.file + ": " + error.what());
    }
}

void Log::write(Level level, std::string_view event, std::span<const Field> fields) {
    if (!wants(level)) {
        return;
    }
    const base::Now now = posix::read_clock();
    if (level == Level::Debug) {
        put(level, format_line(now.wall, level, event, fields));
        return;
    }
    const RepeatLimit::Verdict verdict = parts_->limit.ask(event, now.mono);
    if (!verdict.is_admitted) {
        return;
    }
    std::string line = format_line(now.wall, level, event, fields);
    if (verdict.left_out > 0) {
        line += " left_out=" + std::to_string(verdict.left_out);
    }
    put(level, line);
}

void Log::write_each(Level level, std::string_view event, std::span<const Field> fields) {
    if (wants(level)) {
        put(level, format_line(posix::read_clock().wall, level, event, fields));
    }
}

// What is louder than debug is flushed line by line: an operator waits for it.
void Log::put(Level level, const std::string& line) {
    parts_->logger->log(level == Level::Debug ? spdlog::level::debug : spdlog::level::info,
                        spdlog::string_view_t(line.data(), line.size()));
}

void Log::reopen() {
    if (parts_->file != nullptr) {
        parts_->file->reopen();
    }
}

std::uint64_t Log::dropped() const {
    return parts_->pool->overrun_counter();
}

}  // namespace steward::log
