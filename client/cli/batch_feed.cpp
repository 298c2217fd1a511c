#include "client/cli/batch_feed.hpp"

#include <algorithm>
#include <chrono>
#include <istream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "client/cli/words.hpp"
#include "common/posix/clock.hpp"

namespace steward::cli {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kLinesAtOnce = 10'000;  // lines held in memory
constexpr base::Duration kPauseMin = 100ms;   // before a submission is offered again
constexpr base::Duration kPauseMax = 5s;

struct Line {
    std::size_t number = 0;
    client::Spec spec;
};

base::Error at_line(std::size_t number, base::Error error) {
    error.message = "line " + std::to_string(number) + ": " + error.message;
    return error;
}

class Feed {
public:
    Feed(Console& console, client::Batch& batch, base::Duration patience, bool keeps_going)
        : console_(console), batch_(batch), patience_(patience), keeps_going_(keeps_going) {}

    base::Expected<Fed> run(std::istream& input, const LineRules& rules) {
        LineReader reader(input);
        while (true) {
            auto line = next(reader, rules);
            if (!line || !*line || lines_.size() >= kLinesAtOnce) {
                // Also before an error: the batch then has all lines up to the one that is named.
                if (auto error = submit()) {
                    return base::Unexpected(std::move(*error));
                }
            }
            if (!line) {
                return base::Unexpected(std::move(line.error()));
            }
            if (!*line) {
                return fed_;
            }
        }
    }

private:
    // Keeps the next line to be submitted, or leaves it out; false at the end of the input.
    base::Expected<bool> next(LineReader& reader, const LineRules& rules) {
        auto line = reader.next();
        if (!line) {
            return base::Unexpected(std::move(line.error()));
        }
        if (!*line) {
            return false;
        }
        auto spec = spec_of_line(**line, rules);
        if (spec) {
            lines_.push_back({reader.number(), std::move(*spec)});
        } else if (auto error = skip(at_line(reader.number(), std::move(spec.error())))) {
            return base::Unexpected(std::move(*error));
        }
        return true;
    }

    // Counts a line as left out, or says that it is the end.
    std::optional<base::Error> skip(base::Error error) {
        if (!keeps_going_) {
            return error;
        }
        report_error(console_, error);
        ++fed_.skipped;
        return std::nullopt;
    }

    // What has gathered, until each line is submitted or refused for good.
    std::optional<base::Error> submit() {
        base::MonoTime give_up_at = posix::read_mono() + patience_;
        while (!lines_.empty()) {
            std::vector<client::Spec> specs;
            specs.reserve(lines_.size());
            for (const Line& line : lines_) {
                specs.push_back(line.spec);
            }
            const auto ids = batch_.submit_many(specs, patience_);
            std::vector<Line> again;
            std::optional<base::Error> last;
            for (std::size_t i = 0; i < ids.size(); ++i) {
                if (ids[i]) {
                    ++fed_.submitted;
                } else if (class_of(ids[i].error().code) == base::ErrorClass::Retry) {
                    last = at_line(lines_[i].number, ids[i].error());
                    again.push_back(std::move(lines_[i]));
                } else if (auto error = skip(at_line(lines_[i].number, ids[i].error()))) {
                    return error;
                }
            }
            if (again.size() < lines_.size()) {
                give_up_at = posix::read_mono() + patience_;
            }
            lines_ = std::move(again);
            tell_progress();
            if (last) {
                if (posix::read_mono() >= give_up_at) {
                    return last;
                }
                std::this_thread::sleep_for(
                    std::clamp(last->retry_after.value_or(1s), kPauseMin, kPauseMax));
            }
        }
        return std::nullopt;
    }

    void tell_progress() {
        if (console_.err_is_terminal) {
            console_.err << "\rsteward: " << counted(fed_.submitted, "job") << " submitted"
                         << std::flush;
        }
    }

    Console& console_;
    client::Batch& batch_;
    base::Duration patience_;
    bool keeps_going_;
    Fed fed_;
    std::vector<Line> lines_;
};

}  // namespace

base::Expected<Fed> feed_batch(Console& console,
                               client::Batch& batch,
                               std::istream& input,
                               const LineRules& rules,
                               base::Duration patience,
                               bool keeps_going) {
    auto fed = Feed(console, batch, patience, keeps_going).run(input, rules);
    if (console.err_is_terminal) {
        console.err << '\n' << std::flush;
    }
    return fed;
}

}  // namespace steward::cli
