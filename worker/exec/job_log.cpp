#include "worker/exec/job_log.hpp"

#include <algorithm>
#include <array>
#include <unistd.h>

#include "common/base/bytes.hpp"
#include "common/log/line.hpp"
#include "common/posix/clock.hpp"

namespace steward::worker::exec {

void JobLog::add(std::string_view bytes) {
    tail_ += bytes;
    if (tail_.size() > 2 * kReasonBytesMax) {
        tail_.erase(0, tail_.size() - kReasonBytesMax);
    }
    while (!bytes.empty()) {
        const std::size_t room = kLineBytesMax - line_.size();
        const std::string_view part = bytes.substr(0, std::min(bytes.find('\n'), room));
        line_ += part;
        bytes.remove_prefix(part.size());
        if (!bytes.empty()) {
            take_line(line_);
            line_.clear();
            bytes.remove_prefix(bytes.front() == '\n' ? 1 : 0);
        }
    }
}

void JobLog::finish() {
    if (!line_.empty()) {
        take_line(line_);
        line_.clear();
    }
}

void JobLog::take_line(std::string_view line) {
    if (is_cut_) {
        return;
    }
    if (line.size() < left_) {
        left_ -= line.size() + 1;
        write("job_log", line);
    } else {
        is_cut_ = true;
        write("job_log_cut", "more than --log-max; the rest is left out");
    }
}

// One call, so that lines of several threads do not mix.
void JobLog::write(std::string_view event, std::string_view text) const {
    const std::array<log::Field, 2> fields = {{{"job", job_}, {"text", text}}};
    const std::string line =
        log::format_line(posix::read_clock().wall, log::Level::Info, event, fields) + '\n';
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

std::string JobLog::reason() const {
    std::string_view text = tail_;
    if (text.size() > kReasonBytesMax) {
        text.remove_prefix(text.size() - kReasonBytesMax);
        const std::size_t line = text.find('\n');
        text.remove_prefix(line == std::string_view::npos ? 0 : line + 1);
    }
    while (!text.empty() && (static_cast<unsigned char>(text.front()) & 0xC0U) == 0x80U) {
        text.remove_prefix(1);  // the rest of a character that was cut
    }
    while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') {
        text.remove_suffix(1);
    }
    std::string reason;
    for (const char character : text) {
        reason += character == '\n' ? std::string(" | ") : std::string(1, character);
    }
    return base::is_utf8(reason) ? reason : base::printable(reason, 4 * kReasonBytesMax);
}

}  // namespace steward::worker::exec
