#include "client/cli/event_filter.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "client/cli/console.hpp"
#include "client/cli/fields.hpp"
#include "client/cli/listing.hpp"
#include "client/cli/words.hpp"
#include "common/model/event.hpp"

namespace steward::cli {

namespace {

using nlohmann::json;

bool is_one_of(const std::set<std::string>& wanted, const json& event, const char* name) {
    return wanted.empty() || wanted.contains(text_of(member(event, name)));
}

bool is(const std::string& wanted, const json& event, const char* name) {
    return wanted.empty() || text_of(member(event, name)) == wanted;
}

Colour colour_of(std::string_view name) {
    using model::EventKind;
    const auto kind = model::event_named(name);
    if (!kind) {
        return Colour::Plain;
    }
    switch (*kind) {
        case EventKind::ExecuteComplete:
        case EventKind::BatchComplete: return Colour::Green;
        case EventKind::DelegateError:
        case EventKind::ExecuteError:
        case EventKind::Failed:
        case EventKind::Dead:
        case EventKind::Expired:
        case EventKind::Cancelled:
        case EventKind::Discarded:
        case EventKind::Disabled: return Colour::Red;
        case EventKind::DelegateStart:
        case EventKind::ExecuteStart:
        case EventKind::Progress:
        case EventKind::Cancelling:
        case EventKind::Paused:
        case EventKind::Drained: return Colour::Yellow;
        case EventKind::Blocked:
        case EventKind::Delayed:
        case EventKind::Snoozed:
        case EventKind::Retry: return Colour::Cyan;
        case EventKind::Received:
        case EventKind::Deduplicated:
        case EventKind::Enqueued:
        case EventKind::Dequeued:
        case EventKind::Returned:
        case EventKind::Edited:
        case EventKind::Resumed:
        case EventKind::Enabled: return Colour::Plain;
    }
    return Colour::Plain;
}

// As wide as the longest name.
std::string padded(std::string text) {
    constexpr std::size_t kWidth = 16;
    text.resize(std::max(text.size(), kWidth), ' ');
    return text;
}

// "12:00:03.250Z": a stream is read as it comes, so the day is known.
std::string time_text(const json& event) {
    const auto at = seconds_of(member(event, "at"));
    if (!at) {
        return std::string(13, ' ');
    }
    const std::string instant = instant_text(base::WallTime(*at));
    const std::int64_t millis = at->count() / 1000 % 1000;
    std::string text = instant.size() > 11 ? instant.substr(11, 8) : instant;
    std::string fraction = std::to_string(millis);
    fraction.insert(0, 3 - std::min<std::size_t>(3, fraction.size()), '0');
    return text + "." + fraction + "Z";
}

std::string progress_of(const json& event) {
    const std::uint64_t done = count_of(member(event, "done"));
    const std::uint64_t total = count_of(member(event, "total"));
    if (done == 0 && total == 0) {
        return {};
    }
    std::string text = std::to_string(done);
    return total == 0 ? text : text + "/" + std::to_string(total);
}

}  // namespace

bool EventFilter::lets_through(const json& event) const {
    // A job without a context of its own is its own context.
    const bool is_in_context = is(context, event, "context") ||
                               (member(event, "context") == nullptr && is(context, event, "job"));
    return is_one_of(services, event, "service") && is_one_of(events, event, "event") &&
           is_one_of(jobs, event, "job") && is_in_context && is(group, event, "group") &&
           is(batch, event, "batch");
}

std::vector<std::string> EventFilter::topics() const {
    std::vector<std::string> topics;
    for (const std::string& service : services) {
        if (events.empty()) {
            topics.push_back(service + ".");
        }
        for (const std::string& event : events) {
            topics.push_back(service + "." + event);
        }
    }
    return topics;
}

base::Expected<std::set<std::string>> events_of(const std::vector<std::string>& words) {
    std::set<std::string> events;
    for (std::string word : words_between_commas(words)) {
        std::ranges::transform(word, word.begin(), [](unsigned char c) {
            return static_cast<char>(c == '-' ? '_' : std::toupper(c));
        });
        if (!model::event_named(word)) {
            std::string known;
            for (std::size_t i = 0; i < model::kEventKinds; ++i) {
                known += i == 0 ? "" : ", ";
                known += model::name_of(static_cast<model::EventKind>(i));
            }
            return base::fail(base::Errc::BadOption,
                              "--event " + word + " is no event; there are " + known);
        }
        events.insert(std::move(word));
    }
    return events;
}

std::string event_line(const json& event, bool has_colours) {
    const std::string name = text_of(member(event, "event"));
    std::string line = time_text(event);
    line += "  " + painted(padded(harmless(name)), colour_of(name), has_colours);
    const auto add = [&](std::string_view before, const std::string& text) {
        if (!text.empty()) {
            line += "  ";
            line += before;
            line += harmless(text);
        }
    };
    add("", text_of(member(event, "job")));
    add("", text_of(member(event, "service")));
    add("#", text_of(member(event, "attempt")));
    add("", progress_of(event));
    add("worker=", text_of(member(event, "worker")));
    add("group=", text_of(member(event, "group")));
    add("batch=", text_of(member(event, "batch")));
    add("context=", text_of(member(event, "context")));
    if (const auto due = seconds_of(member(event, "due"))) {
        add("due=", instant_text(base::WallTime(*due)));
    }
    add("", text_of(member(event, "detail")));
    return line;
}

}  // namespace steward::cli
