// tests/scenario: options of jobs, and what operators and clients ask of what exists.
#include "tests/scenario/story.hpp"

namespace steward::scenario {
namespace {

core::Mode mode_in(Words& line) {
    const std::string word = line.word();
    for (const core::Mode mode :
         {core::Mode::Running, core::Mode::Paused, core::Mode::Draining, core::Mode::Disabled}) {
        if (word == core::name_of(mode)) {
            return mode;
        }
    }
    line.fail("no service is ever \"" + word + "\"");
}

std::uint32_t small(Words& line) {
    return static_cast<std::uint32_t>(line.number());
}

core::LimitSettings limit_in(Words& line) {
    core::LimitSettings limit;
    limit.name = line.word();
    while (!line.at_end()) {
        if (line.take("at-once")) {
            limit.at_once = small(line);
        } else if (line.take("rate")) {
            limit.rate = line.rate();
        } else {
            limit.services.push_back(line.word());
        }
    }
    return limit;
}

core::SetGroup group_in(Words& line) {
    core::SetGroup group;
    group.name = line.word();
    while (!line.at_end()) {
        if (line.take("weight")) {
            group.weight = small(line);
        } else if (line.take("limit")) {
            group.limit = small(line);
        } else if (line.take("rate")) {
            group.spacing = line.rate().spacing;
        } else {
            line.fail("a group has no \"" + line.word() + "\"");
        }
    }
    return group;
}

// sets-mode SERVICE MODE [SERVICE MODE]…; "*" is every service.
core::SetModes modes_in(Words& line) {
    core::SetModes modes;
    while (!line.at_end()) {
        const std::string service = line.word();
        modes.changes.push_back({service == "*" ? "" : service, mode_in(line)});
    }
    return modes;
}

core::OpenBatch batch_in(Words& line) {
    core::OpenBatch batch;
    batch.name = line.word();
    if (line.take("then")) {
        batch.then.emplace();
        batch.then->service = *model::ServiceName::parse(line.word());
        batch.then->params = opaque(line.word());
    }
    return batch;
}

}  // namespace

void Story::read_option(const std::string& word, Words& line, model::JobOptions& options) const {
    if (word == "delay") {
        options.delay = line.duration();
    } else if (word == "run-in") {  // at what is so far ahead on the clock of now
        options.run_at = now_.wall + line.duration();
    } else if (word == "expires") {
        options.expires_in = line.duration();
    } else if (word == "limit") {
        options.time_limit = line.duration();
    } else if (word == "memory") {
        options.memory_limit = line.number();
    } else if (word == "attempts") {
        options.max_attempts = small(line);
    } else if (word == "wait") {
        options.wait = line.duration();
    } else if (word == "priority") {
        options.priority = static_cast<std::int32_t>(line.signed_number());
    } else if (word == "channel") {
        options.channel = line.word();
    } else if (word == "context") {
        options.context = line.word();
    } else if (word == "group") {
        options.group = line.word();
    } else if (word == "group-limit") {
        options.group_limit = small(line);
    } else if (word == "group-rate") {
        options.group_rate = line.rate();
    } else if (word == "group-weight") {
        options.group_weight = small(line);
    } else if (word == "unique") {
        options.unique = line.word();
    } else if (word == "unique-params") {
        options.unique_params = true;
    } else if (word == "while-waiting") {
        options.unique_scope = model::UniqueScope::Waiting;
    } else if (word == "attach") {
        options.on_duplicate = model::OnDuplicate::Attach;
    } else if (word == "replace") {
        options.on_duplicate = model::OnDuplicate::Replace;
    } else if (word == "after") {
        options.after.push_back(cast_.job(line, line.word()));
    } else if (word == "batch") {
        options.batch = line.word();
    } else {
        line.fail("no submission has \"" + word + "\"");
    }
}

// [#JOB]… [service NAME] [context NAME] [group NAME] [batch NAME] [STATE]…
core::JobFilter Story::read_filter(Words& line) const {
    core::JobFilter filter;
    while (!line.at_end()) {
        const std::string word = line.word();
        if (const auto state = model::state_named(word)) {
            filter.states |= core::only(*state);
        } else if (word == "service") {
            filter.service = line.word();
        } else if (word == "context") {
            filter.context = line.word();
        } else if (word == "group") {
            filter.group = line.word();
        } else if (word == "batch") {
            filter.batch = line.word();
        } else {
            filter.jobs.push_back(cast_.job(line, word));
        }
    }
    return filter;
}

// Nothing when the verb is no request.
std::optional<core::Request> Story::read_request(const std::string& verb, Words& line) const {
    if (verb == "cancels") {
        return core::CancelJobs{read_filter(line)};
    }
    if (verb == "retries") {
        return core::RetryDead{read_filter(line)};
    }
    if (verb == "discards") {
        return core::DiscardDead{read_filter(line)};
    }
    if (verb == "purges") {
        return core::PurgeQueue{read_filter(line)};
    }
    if (verb == "edits") {
        core::EditJob edit{cast_.job(line, line.word()), std::nullopt, std::nullopt};
        if (line.take("priority")) {
            edit.priority = static_cast<std::int32_t>(line.signed_number());
        }
        if (line.take("delay")) {
            edit.delay = line.duration();
        }
        return edit;
    }
    if (verb == "sets-mode") {
        return modes_in(line);
    }
    if (verb == "sets-limit") {
        return core::SetLimit{limit_in(line)};
    }
    if (verb == "removes-limit") {
        return core::RemoveLimit{line.word()};
    }
    if (verb == "sets-group") {
        return group_in(line);
    }
    if (verb == "opens-batch") {
        return batch_in(line);
    }
    if (verb == "closes-batch") {
        return core::CloseBatch{line.word()};
    }
    return std::nullopt;
}

}  // namespace steward::scenario
