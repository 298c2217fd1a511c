#include "client/cli/batch_feed.hpp"

#include <algorithm>
#include <chrono>
#include <istream>
#include <string>
#include <thread>
#include <unordered_set>
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

class Feed {
public:
    Feed(Console& console, client::Batch& batch, base::Duration patience, bool keeps_going)
        : console_(console), batch_(batch), patience_(patience), keeps_going_(keeps_going) {}

    Fed run(std::istream& input, const LineRules& rules) {
        LineReader reader(input);
        while (!fed_.stop) {
            auto line = reader.next();
            if (line && *line) {
                take(reader.number(), spec_of_line(**line, rules));
                continue;
            }
            submit();
            if (!line) {
                stop(std::move(line.error()));
            }
            break;
        }
        return std::move(fed_);
    }

private:
    // The batch has all lines up to one that is no job before that is said.
    void take(std::size_t number, base::Expected<client::Spec> spec) {
        if (spec) {
            add(number, std::move(*spec));
        } else if (keeps_going_) {
            leave_out(at_line(number, std::move(spec.error())));
        } else {
            submit();
            stop(at_line(number, std::move(spec.error())));
        }
    }

    // Most of what a broker refuses for good is a service. So the first line of each goes alone:
    // when it is refused, those before it are in, and none behind it.
    void add(std::size_t number, client::Spec spec) {
        const bool is_alone = !keeps_going_ && !services_.contains(spec.service);
        if (is_alone) {
            submit();
        }
        if (fed_.stop) {
            return;
        }
        const std::string service = spec.service;
        piece_.add(number, std::move(spec));
        if (is_alone || piece_.size() >= kLinesAtOnce) {
            submit();
        }
        if (is_alone && !fed_.stop) {
            services_.insert(service);
        }
    }

    void stop(base::Error error) {
        if (!fed_.stop) {
            fed_.stop = BatchStop{std::move(error), {}};
        }
    }

    void leave_out(const base::Error& error) {
        report_error(console_, error);
        ++fed_.skipped;
    }

    // What has gathered, until each line is submitted or refused for good. One that is refused
    // ends the run only when those beside it are settled: some of them have been taken.
    void submit() {
        base::MonoTime give_up_at = posix::read_mono() + patience_;
        while (!piece_.empty()) {
            const std::vector<client::Spec> offered = piece_.offered();
            const std::size_t submitted = piece_.settle(batch_.submit_many(offered, patience_));
            fed_.submitted += submitted;
            if (keeps_going_) {
                std::ranges::for_each(piece_.leave_out(),
                                      [&](const base::Error& error) { leave_out(error); });
            }
            tell_progress();
            const auto again = piece_.offer_again();
            const base::MonoTime now = posix::read_mono();
            give_up_at = submitted > 0 ? now + patience_ : give_up_at;
            if (!again || now >= give_up_at) {
                break;
            }
            std::this_thread::sleep_for(
                std::clamp(again->retry_after.value_or(1s), kPauseMin, kPauseMax));
        }
        fed_.stop = piece_.stop();
        piece_.clear();
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
    BatchPiece piece_;
    std::unordered_set<std::string> services_;  // of which the broker has taken a job
};

}  // namespace

Fed feed_batch(Console& console,
               client::Batch& batch,
               std::istream& input,
               const LineRules& rules,
               base::Duration patience,
               bool keeps_going) {
    Fed fed = Feed(console, batch, patience, keeps_going).run(input, rules);
    if (console.err_is_terminal) {
        console.err << '\n' << std::flush;
    }
    return fed;
}

}  // namespace steward::cli
