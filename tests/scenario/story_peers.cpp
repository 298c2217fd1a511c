// tests/scenario: what peers say, as inputs of the core.
#include "tests/scenario/story.hpp"

namespace steward::scenario {
namespace {

model::ServiceName service_in(Words& line) {
    const auto name = model::ServiceName::parse(line.word());
    if (!name) {
        line.fail(name.error().message);
    }
    return *name;
}

}  // namespace

core::Input Story::read_peer_line(const std::string& name, Words& line) {
    const model::Peer peer = cast_.peer(name);
    const std::string verb = line.word();
    if (verb == "submits") {
        return read_submit(name, line);
    }
    if (verb == "asks") {
        return read_query(name, line);
    }
    if (verb == "has-all-below") {
        return core::Acknowledge{Cast::session_of(name), line.number()};
    }
    if (verb == "ready") {
        return read_ready(name, line);
    }
    if (verb == "heartbeat") {
        return core::Heartbeat{peer, 0, !line.take("as-client")};
    }
    if (verb == "finishes" || verb == "fails") {
        return read_finish(name, line, verb == "finishes");
    }
    if (verb == "snoozes") {
        core::Finish finish;
        finish.from = peer;
        finish.attempt = cast_.attempt(line, line.word());
        finish.outcome.verdict = model::Verdict::Snoozed;
        finish.outcome.again_in = line.duration();
        return finish;
    }
    if (verb == "awaits") {
        const model::JobId job = cast_.job(line, line.word());
        core::Await await{{peer, 0, 0}, job, line.at_end() ? base::Duration{} : line.duration()};
        await.follow = line.take("following");
        return await;
    }
    if (auto request = read_request(verb, line)) {
        return core::Operator{{peer, 0, 0}, *std::move(request)};
    }
    if (verb == "partial") {
        const auto attempt = cast_.attempt(line, line.word());
        return core::Partial{peer, 0, attempt, opaque(line.word())};
    }
    if (verb == "progress") {
        const auto attempt = cast_.attempt(line, line.word());
        const auto done = line.number();
        line.take("of");
        const auto total = line.number();
        return core::Progress{peer, 0, attempt, done, total, line.at_end() ? "" : line.word()};
    }
    if (verb == "returns") {
        core::Return returned{peer, 0, {}};
        while (!line.at_end()) {
            returned.attempts.push_back(cast_.attempt(line, line.word()));
        }
        return returned;
    }
    if (verb == "goodbye") {
        return core::Goodbye{peer, line.take("finishing")};
    }
    if (verb == "asks-worker") {
        core::AskWorker ask{{peer, 0, 0}, cast_.peer(line.word())};
        ask.what = line.take("to-stop") ? core::Question::Stop : core::Question::Check;
        ask.privileged = line.take("privileged");
        return ask;
    }
    if (verb == "tells") {
        const std::uint64_t number = line.number();
        return core::Told{peer, 0, number, base::Blob::copy(line.at_end() ? "" : line.word())};
    }
    if (verb == "misbehaves") {
        return core::Misbehaved{{peer, 0, 0}, line.word()};
    }
    if (verb == "is-gone") {
        return core::PeerLost{peer};
    }
    line.fail("nobody can \"" + verb + "\"");
}

// CLIENT submits NUMBER SERVICE "params" [sync] [again] [unnumbered] [hold|refuse] [OPTION VALUE]…
core::Submit Story::read_submit(const std::string& client, Words& line) {
    core::Submit submit;
    const std::uint64_t number = line.number();
    submit.from = {cast_.peer(client), number, 0};
    submit.submission = {Cast::session_of(client), number};
    submit.unknown = core::UnknownService::RefuseOnceSettled;
    submit.spec.service = service_in(line);
    submit.spec.params = opaque(line.word());
    model::JobOptions& options = submit.spec.options;
    while (!line.at_end()) {
        const std::string word = line.word();
        if (word == "sync") {
            options.sync = true;
        } else if (word == "again") {
            submit.again = true;
        } else if (word == "unnumbered") {
            submit.submission = {};
        } else if (word == "hold") {
            submit.unknown = core::UnknownService::Hold;
        } else if (word == "refuse") {
            submit.unknown = core::UnknownService::Refuse;
        } else {
            read_option(word, line, options);
        }
    }
    return submit;
}

core::Query Story::read_query(const std::string& client, Words& line) {
    core::Query query;
    query.from = {cast_.peer(client), 0, 0};
    const std::string what = line.word();
    if (what == "status" || what == "why") {
        query.kind = what == "why" ? core::QueryKind::Why : core::QueryKind::Status;
        query.which.jobs = {cast_.job(line, line.word())};
    } else if (what == "workers") {
        query.kind = core::QueryKind::Workers;
    } else if (what == "services") {
        query.kind = core::QueryKind::Services;
    } else if (what == "list") {
        query.kind = core::QueryKind::List;
        query.which = read_filter(line);
    } else if (what == "limits") {
        query.kind = core::QueryKind::Limits;
    } else if (what == "batches") {
        query.kind = core::QueryKind::Batches;
    } else {
        line.fail("nobody asks for \"" + what + "\"");
    }
    return query;
}

// WORKER ready SERVICE… [channel NAME]… [concurrency N] [credit N] [zmws] [mdp] [running ATTEMPT of
// CLIENT:N SERVICE]…
core::Ready Story::read_ready(const std::string& worker, Words& line) {
    core::Ready ready;
    ready.from = {cast_.peer(worker), 0, 0};
    ready.name = "story";
    ready.beats_while_busy = true;
    ready.can_be_asked = true;
    while (!line.at_end()) {
        if (line.take("concurrency")) {
            ready.concurrency = static_cast<std::uint32_t>(line.number());
        } else if (line.take("credit")) {
            ready.credit_max = static_cast<std::uint32_t>(line.number());
        } else if (line.take("channel")) {
            ready.channels.emplace_back(line.word());
        } else if (line.take("zmws")) {
            ready.beats_while_busy = false;
            ready.can_be_asked = false;
        } else if (line.take("mdp")) {
            ready.beats_while_busy = false;
            ready.can_be_asked = false;
            ready.unique_ready = true;
        } else if (line.take("running")) {
            ready.running.push_back(read_running(line));
        } else {
            ready.services.push_back(service_in(line));
        }
    }
    ready.credit_max = std::max(ready.credit_max, ready.concurrency);
    return ready;
}

core::Ready::Running Story::read_running(Words& line) const {
    core::Ready::Running running;
    running.attempt = cast_.attempt(line, line.word());
    if (line.take("of")) {
        const std::string client = line.word();
        running.submission = {Cast::session_of(client), line.number()};
    }
    running.service = service_in(line);
    return running;
}

// WORKER finishes ATTEMPT ["result"] [after DURATION]; WORKER fails ATTEMPT "why" [for-good]
core::Finish Story::read_finish(const std::string& worker, Words& line, bool success) {
    core::Finish finish;
    finish.from = cast_.peer(worker);
    finish.attempt = cast_.attempt(line, line.word());
    finish.run_time = std::chrono::milliseconds(1);
    if (success) {
        if (!line.at_end() && line.peek() != "after") {
            finish.outcome.result = opaque(line.word());
        }
    } else {
        finish.outcome.text = line.word();
        finish.outcome.verdict =
            line.take("for-good") ? model::Verdict::FailedForGood : model::Verdict::Failed;
    }
    if (line.take("after")) {
        finish.run_time = line.duration();
    }
    return finish;
}

}  // namespace steward::scenario
