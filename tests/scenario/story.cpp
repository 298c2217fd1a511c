// tests/scenario: the story's time, restarts and effects. What peers say is read in
// story_peers.cpp.
#include "tests/scenario/story.hpp"

#include "tests/scenario/show.hpp"

namespace steward::scenario {

std::string retell(std::string_view text) {
    Story story;
    std::string out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string line(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.starts_with(" ")) {
            continue;
        }
        out += line + "\n";
        if (!line.empty() && !line.starts_with("# ")) {
            out += story.tell(line);
        }
    }
    return out;
}

std::string Story::tell(std::string text) {
    Words line(std::move(text));
    if (line.take("policy")) {
        return set_policy(line);
    }
    if (line.take("hears-all")) {
        hears_all_ = true;
        return {};
    }
    if (core_ == nullptr) {
        start();
    }
    std::string out;
    if (line.take("at")) {
        out = advance(line);
    } else if (line.take("restart")) {
        out = restart(line);
    } else if (line.take("durable")) {
        durable_ = line.take("all") ? journal_.size() - earlier_ : line.number();
        out = apply(core::Durable{durable_});
    } else if (line.take("journal-fails")) {
        out = apply(core::JournalFailed{line.word()});
    } else if (line.take("drain")) {
        out = apply(core::Operator{{}, core::DrainBroker{}});
    } else if (line.take("clock")) {
        set_clock(line);
    } else {
        const std::string name = line.word();
        out = apply(read_peer_line(name, line));
    }
    if (!line.at_end()) {
        line.fail("it goes on after its end");
    }
    return out;
}

std::string Story::set_policy(Words& line) {
    while (!line.at_end()) {
        const std::string key = line.word();
        if (key == "heartbeat") {
            policy_.heartbeat_interval = line.duration();
        } else if (key == "settle") {
            policy_.settle = line.duration();
        } else if (key == "ahead") {
            policy_.ahead = line.duration();
        } else if (key == "hold") {
            policy_.unknown_service_hold = line.duration();
        } else if (key == "time-limit") {
            policy_.time_limit = line.duration();
        } else if (key == "stop-grace") {
            policy_.stop_grace = line.duration();
        } else if (key == "max-losses") {
            policy_.max_losses = static_cast<std::uint32_t>(line.number());
        } else if (key == "max-attempts") {
            policy_.max_attempts_async = static_cast<std::uint32_t>(line.number());
        } else if (key == "jobs-max") {
            policy_.limits.jobs_max = line.number();
        } else if (key == "service") {
            policy_.services.push_back({line.word(), {}, 0});
        } else if (key == "backoff") {
            policy_.backoff_first = line.duration();
        } else if (key == "result-ttl") {
            policy_.result_ttl = line.duration();
        } else {
            line.fail("no policy is called " + key);
        }
    }
    if (core_ != nullptr) {
        core_->set_policy(policy_);
    }
    return {};
}

void Story::start() {
    const auto ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(now_.wall.time_since_epoch());
    cast_.begin_run((static_cast<std::uint64_t>(ms.count()) << 16U) | policy_.broker_id);
    core_ = std::make_unique<core::Core>(policy_, now_, 1);
    listen();
}

// That a job left its queue and was given to a worker is said by the line that gives it; a story
// for which that is not enough begins with "hears-all".
void Story::listen() {
    model::EventSet heard = model::EventSet::all();
    if (!hears_all_) {
        heard.remove(model::EventKind::Dequeued);
        heard.remove(model::EventKind::DelegateStart);
    }
    core_->set_announcing(heard);
}

// clock +1h, clock -10min: the wall clock jumps.
void Story::set_clock(Words& line) {
    std::string by = line.word();
    const bool is_back = by.starts_with("-");
    Words jump(by.substr(1));
    const base::Duration duration = jump.duration();
    now_.wall += is_back ? -duration : duration;
}

// Ticks come when they are due, as in the broker's loop; those that do something are shown.
std::string Story::advance(Words& line) {
    const base::MonoTime target(line.duration());
    if (target < now_.mono) {
        line.fail("time does not go back");
    }
    std::string out;
    for (auto due = core_->next_deadline(); due && *due <= target; due = core_->next_deadline()) {
        now_.wall += *due - now_.mono;
        now_.mono = *due;
        const std::string effects = apply(core::Tick{});
        if (!effects.empty()) {
            out += "  " + text_of(now_.mono.time_since_epoch()) + ":\n" + effects;
        }
    }
    now_.wall += target - now_.mono;
    now_.mono = target;
    return out;
}

// The process dies and starts again: with a journal it remembers what was durable.
std::string Story::restart(Words& line) {
    const bool with_journal = line.take("with-journal");
    journal_.resize(with_journal ? earlier_ + static_cast<std::size_t>(durable_) : 0);
    earlier_ = journal_.size();
    durable_ = 0;
    core_.reset();
    start();
    for (const core::Record& record : journal_) {
        if (const auto restored = core_->restore(record); !restored) {
            line.fail(restored.error().message);
        }
    }
    return {};
}

std::string Story::apply(core::Input&& input) {
    core::Effects effects;
    core_->apply(now_, std::move(input), effects);
    core_->check_invariants();
    for (const core::Append& append : effects.appends) {
        journal_.push_back(append.record);
    }
    return show(effects, cast_);
}

}  // namespace steward::scenario
