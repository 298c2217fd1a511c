// common/log: the program's log. A line is an event word and fields; it is written by a thread of
// its own, so that a slow terminal or a full disk never holds up the caller. The door to spdlog.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/base/expected.hpp"
#include "common/log/level.hpp"
#include "common/log/line.hpp"

namespace steward::log {

struct LogOptions {
    std::string file;           // empty: standard error
    std::size_t bytes_max = 0;  // of a file, then older ones are kept as with .1, .2 …; 0: any
    std::size_t files_max = 8;  // the newest included
    Level level = Level::Info;
    std::size_t lines_queued_max = 8192;  // beyond them the oldest are dropped and counted
};

/// Event words are stable snake_case, so that operators can search for them and tests can wait for
/// them; what varies goes into fields.
///
/// Blocks: never, but for the destructor, which writes what is queued.  Thread: one writes.
class Log {
public:
    /// Errors: Io when the file cannot be opened.
    [[nodiscard]] static base::Expected<std::unique_ptr<Log>> open(const LogOptions& options);
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    /// One line, when `level` is loud enough. The same event more than 20 times a second is left
    /// out and its next line says how often (left_out=N); not so at debug, where each one counts.
    void write(Level level, std::string_view event, std::span<const Field> fields);

    void write(Level level, std::string_view event, std::initializer_list<Field> fields = {}) {
        write(level, event, std::span<const Field>(fields.begin(), fields.size()));
    }

    [[nodiscard]] bool wants(Level level) const { return level >= level_; }

    [[nodiscard]] Level level() const { return level_; }

    void set_level(Level level) { level_ = level; }

    /// The same without a limit, for what is of use only if each one is there.
    void write_each(Level level, std::string_view event, std::span<const Field> fields);

    /// The next line opens the file's path anew: somebody may have moved it away.
    void reopen();

    /// Lines lost because they came faster than they could be written.
    [[nodiscard]] std::uint64_t dropped() const;

private:
    struct Parts;
    void put(Level level, const std::string& line);
    Log(std::unique_ptr<Parts> parts, Level level);

    std::unique_ptr<Parts> parts_;
    Level level_;
};

}  // namespace steward::log
